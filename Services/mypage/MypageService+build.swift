import Kafka
import MariaDB
import Messaging
import ServiceRuntime

extension MypageService {
    static func build(_ configuration: MypageConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let readers = MariaDBPool(
            configuration.database, connections: configuration.databaseConnections, logger: context.logger("mariadb"))
        let writers = MariaDBPool(configuration.database, connections: 2, logger: context.logger("mariadb"))
        let producer = try KafkaProducer(configuration.kafka.client, logger: context.logger("kafka"))

        let active = ActiveGeneration()
        let repository = MariaDBMypageRepository(pool: readers, active: active)
        let waitForVersion = WaitForVersion(configuration.consistency) {
            try await repository.version(of: $0.entity, id: $0.id)
        }
        let routes = MypageRoutes(
            repository: repository, read: ReadMypage(repository: repository, waitForVersion: waitForVersion),
            logger: context.logger("routes"))

        let watch = GenerationWatch(
            store: MariaDBGenerationStore(pool: readers), active: active, logger: context.logger("generations"))
        let consumers = GenerationConsumers(active: active) { generation in
            let kafka = try KafkaConsumer(
                configuration.kafka.consumer(group: generation.group, topics: MypageEvents.types.keys.sorted()),
                logger: context.logger("kafka"))
            let events = MypageEvents(projection: MariaDBMypageProjection(generation, pool: writers))
            let deadLetters = DeadLetterQueue(
                producer: producer, consumer: generation.group, logger: context.logger("dlq"))
            let consumer = BatchConsumer(
                consumer: kafka, handler: events, deadLetters: deadLetters, logger: context.logger("consumer"))
            return (kafka, consumer)
        }
        addChecks(context, pool: readers, producer: producer, active: active, consumers: consumers)
        return ServiceAssembly(
            services: [
                ClosingService("ReaderPool") { await readers.close() },
                ClosingService("WriterPool") { await writers.close() },
                ClosingService("KafkaProducer") { await producer.close(timeout: .seconds(2)) },
                MypageHousekeeping(pool: writers, active: active, logger: context.logger("housekeeping")),
                watch, consumers,
            ],
            routes: [routes], fastRoutes: [routes.fastRoute],
            preflight: { try await preflight(readers, context.logger("mariadb")) }
        )
    }

    /// As the schema's owner, who then lets the service's user in.
    static let migrate: (@Sendable (MypageConfiguration, Logger) async throws -> Void)? = { configuration, logger in
        let owner = configuration.owner ?? configuration.database
        let variable = configuration.owner == nil ? "DATABASE_URL" : "MIGRATION_DATABASE_URL"
        try await withPool(owner, logger) { pool in
            do {
                try await naming(variable) { try await pool.run { try MypageSchema.migrate($0, logger: logger) } }
            } catch let error as MariaDBError where error.isNotAllowed {
                throw ServiceFailure(
                    "the schema is not this user's to alter: MIGRATION_DATABASE_URL is to name its owner")
            }
            guard owner.user != configuration.database.user else { return }
            let account = ServiceAccount(configuration.database)
            let isNew = try await naming("DATABASE_URL") { try await pool.run { try account.admit(by: $0) } }
            if isNew { logger.info("the service's user may read and write rows") }
        }
    }

    static func isUnavailable(_ error: any Error) -> Bool {
        error is SchemaBehind || (error as? MariaDBError)?.isRetriable ?? false
    }

    /// Runs `body` with a pool whose statements may take long; for subcommands.
    static func withPool<Value>(
        _ configuration: MypageConfiguration, _ logger: Logger, _ body: (MariaDBPool) async throws -> Value
    ) async throws -> Value {
        try await withPool(configuration.database, logger, body)
    }

    private static func withPool<Value>(
        _ database: MariaDBConfiguration, _ logger: Logger, _ body: (MariaDBPool) async throws -> Value
    ) async throws -> Value {
        var database = database
        // Changing a schema may take longer than any request.
        database.statementTimeout = .seconds(600)
        database.readTimeout = .seconds(610)
        return try await MariaDBPool.with(database, logger: logger, body)
    }

    private static func preflight(_ pool: MariaDBPool, _ logger: Logger) async throws {
        let fault = try await naming("DATABASE_URL") { try await pool.run { try MypageSchema.fault(on: $0) } }
        if let fault { throw SchemaBehind(fault: fault) }
        if try await pool.run({ try ServiceAccount.mayAlterSchema($0) }) {
            logger.warning("the user of DATABASE_URL may alter the schema; see MIGRATION_DATABASE_URL")
        }
    }

    /// Says which variable is wrong when the database does not let this user in.
    private static func naming<Value>(_ variable: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as MariaDBError where error.isAccessDenied {
            throw SettingError(
                variable: variable, fault: "\(error)",
                example: variable == "DATABASE_URL"
                    ? MypageConfiguration.exampleURL : MypageConfiguration.exampleOwnerURL)
        }
    }

    private static func addChecks(
        _ context: ServiceContext, pool: MariaDBPool, producer: KafkaProducer, active: ActiveGeneration,
        consumers: GenerationConsumers
    ) {
        context.readiness.addDatabase { try await pool.check() }
        context.readiness.add("generation", decides: false) {
            active.active.map { .pass("readers see \($0)") } ?? .fail("not known yet")
        }
        context.readiness.addProducer(producer)
        context.readiness.add("consumer", decides: false) { ConsumersCheck.result(consumers.statuses) }
    }
}

/// Migrations have not been applied yet; another process may be at it.
private struct SchemaBehind: Error, CustomStringConvertible {
    let fault: String
    var description: String { "the database is \(fault); run the subcommand migrate first" }
}
