import ArgumentParser
import Contracts
import Digest
import Foundation
import HTTPClient
import Logging
import PublishingService
import ServiceRuntime

extension TelegramService {
    static func build(_ configuration: TelegramConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let service = try PublishingService(
            name: name, settings: configuration.publishing, migrations: migrations, context: context)
        let sending = configuration.sending
        let client = HTTPClient(
            maxConnections: sending.concurrency + 1, maxConnectionsPerHost: sending.concurrency + 1, queueLimit: 16,
            userAgent: "game-telegram", logger: context.logger("http"))
        let api = HTTPBotAPI(
            client: client, url: configuration.apiURL, token: configuration.botToken, timeout: sending.timeout)
        let claims = Claims(owner: owner, lease: sending.lease, requestTimeout: sending.timeout)
        let limits = configuration.limits
        let queue = PostgresSendQueue(pool: service.pool, claims: claims, rate: limits.rate)
        let codes = LinkCodes(configuration)
        let messages = PostgresMessageRepository(pool: service.pool, claims: claims, rate: limits.rate)
        let chats = PostgresChatRepository(pool: service.pool, codes: codes)
        let desk = SendDesk(capacity: sending.concurrency)
        let logger = context.logger("dispatcher")
        let dispatcher = Dispatcher(
            queue: queue, api: api,
            deliver: DeliverMessage(
                api: api, queue: queue, rules: SettlementRules(limits: limits, maxAttempts: sending.attempts),
                logger: logger),
            desk: desk, poll: sending.poll, probeTimeout: sending.timeout, logger: logger)
        addCheck(queue, context)
        return try service.assembly(
            routes: [
                TelegramRoutes(repository: messages, submit: SubmitMessage(repository: messages, desk: desk)),
                ChatRoutes(repository: chats, change: ChangeChat(repository: chats, desk: desk)),
                WebhookRoute(
                    secret: configuration.webhookSecret,
                    handle: HandleUpdate(codes: codes, repository: chats, desk: desk)),
            ],
            handler: TelegramEvents(pool: service.pool, desk: desk),
            topics: Array(TelegramEvents.types.keys),
            services: [
                ClosingService("HTTPClient") { await client.close() },
                dispatcher,
                Sweeper(queue: queue, desk: desk, interval: .seconds(1), logger: logger),
            ])
    }

    static let migrate: (@Sendable (TelegramConfiguration, Logger) async throws -> Void)? = { configuration, logger in
        try await PublishingService.migrate(configuration.publishing, migrations, logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    static let subcommands: [any ParsableCommand.Type] = [Republish.self, DeadLetterCommand<TelegramService>.self]

    /// `telegram republish`
    struct Republish: AsyncParsableCommand {
        static let configuration = RepublishCommand.configuration

        func run() async throws {
            try await ServiceCommand.run(TelegramService.self) { configuration, logger in
                try await RepublishCommand.run(configuration.publishing, MessageStore(), logger) { $0.stateEvent }
            }
        }
    }

    /// Who claims, for an operator who looks into the table.
    private static var owner: String {
        let process = ProcessInfo.processInfo
        return "\(process.environment["HOSTNAME"] ?? "local")/\(process.processIdentifier)"
    }

    /// Whether messages go out; information, for the service takes messages in all the same.
    private static func addCheck(_ queue: PostgresSendQueue, _ context: ServiceContext) {
        context.readiness.add("bot-api", decides: false) {
            guard let limiter = try? await queue.status() else { return .fail("not known: the database is away") }
            if limiter.probeAt != nil { return .fail("nothing is sent: \(limiter.trouble ?? "being asked")") }
            if let until = limiter.blockedUntil, until > .now { return .fail("nothing is sent until \(until)") }
            return .pass()
        }
    }
}

extension LinkCodes {
    fileprivate init(_ configuration: TelegramConfiguration) {
        let secret =
            configuration.linkCodeSecret.map { Array($0.utf8) }
            ?? HMAC.sha256(Array("link codes".utf8), key: Array(configuration.botToken.utf8))
        self.init(secret: secret, lifetime: configuration.linkCodeLifetime)
    }
}
