import Contracts
import HTTPClient
import Outbox
import PublishingService
import Resilience
import ServiceRuntime

extension GiftService {
    static func build(_ configuration: GiftConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let service = try PublishingService(
            name: name, settings: configuration.publishing, migrations: migrations, context: context)
        let call = configuration.call
        let client = HTTPClient(
            maxConnections: call.bulkhead.maxConcurrent, maxConnectionsPerHost: call.bulkhead.maxConcurrent,
            queueLimit: call.bulkhead.maxConcurrent, userAgent: "game-gift", logger: context.logger("http"))
        let metrics = BreakerMetrics(name: "telegram", logger: context.logger("breaker"))
        let breaker = CircuitBreaker(
            name: "telegram", configuration: call.breaker,
            ignores: { ($0 as? TelegramRefusal)?.isOurs ?? false }, observer: metrics)
        let bulkhead = Bulkhead(name: "telegram", configuration: call.bulkhead)
        let token = configuration.token.token
        let messenger = HTTPMessenger(
            client: client, url: configuration.telegramURL, token: token, timeout: call.deadline,
            call: RemoteCall(deadline: call.deadline, breaker: breaker, bulkhead: bulkhead))

        let store = GiftStore(noticePatience: call.noticePatience)
        let repository = PostgresGiftRepository(pool: service.pool, store: store)
        let tell = TellCustomer(repository: repository, messenger: messenger, logger: context.logger("notices"))
        let exchange = ExchangeReward(
            repository: repository,
            waitForVersion: WaitForVersion(configuration.consistency, seen: repository.seen), tell: tell)
        let change = ChangeGift(repository: repository, tell: tell, noticePatience: call.noticePatience)

        context.readiness.add(token)
        context.metrics.onScrape { metrics.record(breaker, bulkhead) }
        context.readiness.add("breaker", decides: false) { BreakerCheck.result(breaker.snapshot) }
        return try service.assembly(
            routes: [
                GiftRoutes(repository: repository, exchange: exchange, change: change),
                BreakerRoutes(breaker: breaker),
            ],
            handler: GiftEvents.handler(pool: service.pool, store: store),
            topics: Array(GiftEvents.types.keys),
            services: [
                ClosingService("HTTPClient") { await client.close() },
                NoticeSweeper(repository: repository, interval: call.sweepInterval, logger: context.logger("sweeper")),
            ])
    }

    static let migrate: (@Sendable (GiftConfiguration, Logger) async throws -> Void)? = { configuration, logger in
        try await PublishingService.migrate(configuration.publishing, migrations, logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    static let subcommands: [any ParsableCommand.Type] = [Republish.self, DeadLetterCommand<GiftService>.self]

    /// `gift republish`
    struct Republish: AsyncParsableCommand {
        static let configuration = RepublishCommand.configuration

        func run() async throws {
            try await ServiceCommand.run(GiftService.self) { configuration, logger in
                let store = GiftStore(noticePatience: configuration.call.noticePatience)
                try await RepublishCommand.run(configuration.publishing, store, logger) {
                    $0.stateEvent(in: WriteContext())
                }
            }
        }
    }
}
