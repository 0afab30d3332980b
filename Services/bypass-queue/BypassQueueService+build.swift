import ArgumentParser
import Contracts
import Foundation
import HTTPClient
import Logging
import Outbox
import Postgres
import PublishingService
import ServiceRuntime

extension BypassQueueService {
    static func build(_ configuration: BypassQueueConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let service = try PublishingService(
            name: name, settings: configuration.publishing, migrations: migrations, context: context)
        let (limits, defaults) = (configuration.limits, configuration.defaults)
        let client = HTTPClient(
            maxConnections: limits.connections, maxConnectionsPerHost: limits.connectionsPerHost,
            queueLimit: limits.lanes, userAgent: "game-bypass-queue", logger: context.logger("http"))
        let deliveryPool = PostgresPool(
            configuration.publishing.database.service.forDelivery, connections: 2, logger: context.logger("postgres"))
        let intakePool = PostgresPool(
            configuration.publishing.database.service.forIntake, connections: 2, logger: context.logger("postgres"))
        let session = try PostgresSession(configuration.publishing.database.service, logger: context.logger("postgres"))

        let lease = Lease(margin: configuration.lease / 50)
        let desk = LaneDesk(capacity: limits.lanes, budget: limits.heldBytes)
        let urls = CheckedURLs(rules: configuration.rules)
        let gauge = QueueGauge(limit: limits.totalMessages)
        let intake = PostgresIntake(
            pool: intakePool, defaults: defaults, groupLimit: limits.groupMessages, lease: lease, desk: desk)
        let groups = PostgresGroupRepository(
            pool: service.pool, defaults: defaults, secretOverlap: configuration.secretOverlap)
        let deadLetters = PostgresDeadLetters(pool: service.pool)
        let care = GroupCare(
            store: PostgresOwnershipStore(pool: deliveryPool, defaults: defaults, lease: configuration.lease),
            lease: lease, desk: desk, logger: context.logger("care"))

        context.readiness.add("owner", decides: false) {
            lease.owner.map { .pass("owner \($0) of \(desk.count) groups") } ?? .fail("not an owner")
        }
        let messages = MessageRoutes(
            accept: AcceptMessage(
                intake: intake, urls: urls, gauge: gauge,
                budget: IntakeBudget(limit: limits.intakeBytes)),
            groups: groups, senders: configuration.senders)
        return try service.assembly(
            routes: [
                messages,
                GroupRoutes(groups: groups, rules: configuration.rules, defaults: defaults),
                DeadLetterRoutes(deadLetters: deadLetters),
                OperatorPage(),
            ],
            fastRoutes: messages.fastRoutes,
            handler: nil, topics: [],
            services: [
                ClosingService("IntakePool") { await intakePool.close() },
                ClosingService("DeliveryPool") { await deliveryPool.close() },
                ClosingService("HTTPClient") { await client.close() },
                QueueHousekeeping(
                    pool: service.pool, gauge: gauge, retention: configuration.historyRetention,
                    logger: context.logger("housekeeping")),
                LeaseKeeper(
                    session: PostgresLeaseSession(session: session), lease: lease, desk: desk, care: care,
                    name: owner, duration: configuration.lease, logger: context.logger("lease")),
                care,
                Dispatcher(
                    desk: desk, lease: lease,
                    store: PostgresDeliveryStore(pool: deliveryPool, defaults: defaults, capacity: limits.lanes),
                    sender: HTTPCallbackSender(client: client, urls: urls),
                    rule: RetryRule(backoff: configuration.backoff), logger: context.logger("dispatcher")),
            ])
    }

    static let migrate: (@Sendable (BypassQueueConfiguration, Logger) async throws -> Void)? = {
        configuration, logger in
        try await PublishingService.migrate(configuration.publishing, migrations, logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    /// Who owns, for an operator who looks into the table.
    private static var owner: String {
        let process = ProcessInfo.processInfo
        return "\(process.environment["HOSTNAME"] ?? "local")/\(process.processIdentifier)"
    }
}

extension PostgresConfiguration {
    /// Without the first the one statement of ``ExpressIntake`` would be planned anew at every call, for a quarter of its
    /// time; without the others it might read a small table of groups in an order of its own, and lock it so.
    var forIntake: PostgresConfiguration {
        var configuration = self
        configuration.sessionSettings += [
            "plan_cache_mode=force_generic_plan", "enable_seqscan=off", "enable_bitmapscan=off",
        ]
        configuration.applicationName += "-intake"
        return configuration
    }

    /// Statements are planned once, for groups of any size: one that reads all of a group to sort it would be slow for
    /// the first group that is large. In the order of the index there is nothing to sort.
    fileprivate var forDelivery: PostgresConfiguration {
        var configuration = self
        configuration.sessionSettings += ["enable_bitmapscan=off", "enable_sort=off"]
        configuration.applicationName += "-delivery"
        return configuration
    }
}
