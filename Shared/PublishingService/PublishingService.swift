import Kafka
import Logging
import Messaging
import Outbox
import Postgres
import ServiceLifecycle
import ServiceRuntime

/// What every service that publishes events is made of: a pool, a producer, the outbox relay, housekeeping, a consumer,
/// and their checks.
///
/// A service adds its routes and what it does with events, and gets its ``ServiceAssembly``.
public struct PublishingService: Sendable {
    /// For requests and events.
    public let pool: PostgresPool
    private let name: String
    private let settings: PublishingSettings
    private let migrations: PostgresMigrator
    private let producer: KafkaProducer
    private let context: ServiceContext

    /// - Parameter migrations: The service's own; those of the outbox come before them.
    public init(
        name: String, settings: PublishingSettings, migrations: [(name: String, sql: String)], context: ServiceContext
    ) throws {
        self.name = name
        self.settings = settings
        self.migrations = Self.migrator(migrations)
        self.context = context
        pool = PostgresPool(
            settings.database.service, connections: settings.databaseConnections, logger: context.logger("postgres"))
        producer = try KafkaProducer(settings.kafka.client, logger: context.logger("kafka"))
    }

    /// Puts the service together.
    ///
    /// - Parameters:
    ///   - handler: What it does with the events of `topics`; `nil` for a service that takes none.
    ///   - services: What it runs besides; started after the pool and before the consumer.
    public func assembly(
        routes: [any RouteModule], fastRoutes: [FastRoute] = [], handler: (any EventBatchHandler)?, topics: [String],
        services: [any Service] = []
    ) throws -> ServiceAssembly {
        let relayConfiguration = OutboxRelayConfiguration(source: "/game/\(name)")
        let relayStatus = OutboxRelayStatus()
        let relay = OutboxRelay(
            session: try PostgresSession(
                relayConfiguration.session(settings.database.service), logger: context.logger("postgres")),
            producer: producer, configuration: relayConfiguration, status: relayStatus,
            logger: context.logger("outbox"))
        addChecks(relay: relayStatus)
        let consumers = try handler.map { [try consumer($0, topics: topics)] } ?? []
        let (pool, migrations, logger) = (pool, migrations, context.logger("postgres"))
        return ServiceAssembly(
            services: [
                ClosingService("PostgresPool") { await pool.close() },
                ClosingService("KafkaProducer") { [producer] in await producer.close(timeout: .seconds(2)) },
                Housekeeping(pool: pool, logger: context.logger("housekeeping")),
                relay,
            ] + services + consumers,
            routes: routes,
            fastRoutes: fastRoutes,
            preflight: { try await Self.preflight(pool, migrations, logger) }
        )
    }

    /// Brings a service's schema up to date.
    public static func migrate(
        _ settings: PublishingSettings, _ migrations: [(name: String, sql: String)], _ logger: Logger
    ) async throws {
        try await migrate(settings.database, migrator(migrations), logger)
    }

    /// Brings the schema of a service up to date that has no outbox.
    public static func migrate(
        _ database: DatabaseSettings, _ migrations: PostgresMigrator, _ logger: Logger
    ) async throws {
        try await database.migrate(migrations, logger: logger)
    }

    /// Whether an error means that the database is away, and not that something is wrong.
    public static func isUnavailable(_ error: any Error) -> Bool {
        if error is SchemaBehind { return true }
        return (error as? PostgresError)?.isRetriable ?? false
    }

    private static func migrator(_ own: [(name: String, sql: String)]) -> PostgresMigrator {
        PostgresMigrator(files: OutboxSchema.migrations + own)
    }

    /// Throws while migrations have not been applied; ``isUnavailable(_:)`` accepts that, another process may be at it.
    /// Warns of a user who may do more than a service needs.
    public static func preflight(
        _ pool: PostgresPool, _ migrations: PostgresMigrator, _ logger: Logger
    ) async throws {
        let pending: [String]
        do {
            pending = try await pool.run { try migrations.pending(on: $0) }
        } catch let error as PostgresError where error.isNotAllowed {
            throw SchemaBehind("the database has not admitted this user yet; run the subcommand migrate as its owner")
        }
        if let first = pending.first {
            throw SchemaBehind(
                "the database lacks \(pending.count) migrations, from \(first) on; run the subcommand migrate first")
        }
        if try await pool.run({ try $0.mayAlterSchema() }) {
            logger.warning("the user of DATABASE_URL may alter the schema; see MIGRATION_DATABASE_URL")
        }
    }

    private func consumer(_ handler: any EventBatchHandler, topics: [String]) throws -> BatchConsumer {
        let consumer = try KafkaConsumer(
            settings.kafka.consumer(group: "game-\(name)", topics: topics), logger: context.logger("kafka"))
        context.readiness.add("consumer", decides: false) { ConsumerCheck.result(consumer.status) }
        return BatchConsumer(
            consumer: consumer, handler: handler,
            deadLetters: DeadLetterQueue(producer: producer, consumer: "game-\(name)", logger: context.logger("dlq")),
            logger: context.logger("consumer"))
    }

    private func addChecks(relay: OutboxRelayStatus) {
        let pool = pool
        context.readiness.addDatabase { try await pool.check() }
        context.readiness.addProducer(producer)
        context.readiness.add("relay", decides: false) { .pass(relay.isActive ? "active" : "standby") }
    }
}

/// Migrations have not been applied yet; another process may be at it.
private struct SchemaBehind: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
