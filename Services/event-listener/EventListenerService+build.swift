import Postgres
import PublishingService
import ServiceRuntime
import WorkerThreads

extension EventListenerService {
    static func build(
        _ configuration: EventListenerConfiguration, _ context: ServiceContext
    ) throws -> ServiceAssembly {
        let database = configuration.database.service
        let writerPool = PostgresPool(database, connections: 1, logger: context.logger("postgres"))
        let pool = PostgresPool(database, connections: 2, logger: context.logger("postgres"))

        let disk = WorkerThreads<Void>(name: "recovery-log", count: 1, queueLimit: 1_000) {}
        let recovery = RecoveryLog(folder: configuration.recoveryFolder, maxBytes: configuration.recoveryMaxBytes)
        let intake = ServiceIntake(
            limits: configuration.limits, store: PostgresEventStore(pool: writerPool, disk: disk), recovery: recovery,
            policy: configuration.onStoreDown, metrics: IntakeMetrics(logger: context.logger("intake")),
            answer: EventReceipt.answer)
        let follower = try follower(configuration, context)
        let consumer = try consumer(configuration, intake, context)
        let indexStatus: @Sendable () -> IndexStatus = { follower?.index.status ?? IndexStatus() }

        let routes = EventRoutes(intake: intake, senders: configuration.senders)
        let reads = ReadRoutes(repository: PostgresEventRepository(pool: pool)) {
            BufferReport.json(
                intake.status, limits: configuration.limits, log: recovery.backlog, index: indexStatus())
        }
        addChecks(context, pool: pool, intake: intake, recovery: recovery, policy: configuration.onStoreDown)
        addInformation(context, consumer: consumer, index: indexStatus)
        ListenerGauges(intake: intake, recovery: recovery, index: indexStatus).register(context.metrics)
        return ServiceAssembly(
            services: [
                ClosingService("PostgresPool") { await pool.close() },
                ClosingService("WriterPool") { await writerPool.close() },
                ClosingService("RecoveryLog") { await disk.close() },
                ClosingService("KafkaProducer") { await consumer.producer.close(timeout: .seconds(2)) },
                EventHousekeeping(
                    pool: pool, retentionDays: configuration.retentionDays, logger: context.logger("housekeeping")),
                StoreWatch(intake: intake, log: recovery, pool: pool, logger: context.logger("recovery")),
                IntakeService(intake: intake),
            ] + (follower.map { [$0.client, $0.index] } ?? []) + [consumer.service],
            routes: [routes, reads], fastRoutes: routes.fastRoutes,
            preflight: {
                try openRecovery(recovery, context.logger("recovery"))
                do {
                    try await PublishingService.preflight(
                        pool, PostgresMigrator(files: migrations), context.logger("postgres"))
                } catch let error as PostgresError where error.isRetriable && configuration.onStoreDown == .log {
                    // The recovery log takes what comes until the store is there.
                    intake.storeIsAway()
                }
            }
        )
    }

    static let migrate: (@Sendable (EventListenerConfiguration, Logger) async throws -> Void)? = {
        configuration, logger in
        try await PublishingService.migrate(configuration.database, PostgresMigrator(files: migrations), logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    /// Runs `body` with a pool whose statements may take long; for subcommands.
    static func withPool<Value>(
        _ configuration: EventListenerConfiguration, _ logger: Logger, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var database = configuration.database.service
        database.statementTimeout = .seconds(600)
        return try await PostgresPool.with(database, logger: logger, body)
    }

    private static func openRecovery(_ recovery: RecoveryLog, _ logger: Logger) throws {
        do {
            let cut = try recovery.open()
            if cut > 0 {
                logger.warning("a half-written line was cut off", metadata: ["recovery.bytes": "\(cut)"])
            }
            let backlog = recovery.backlog
            if backlog.events > 0 {
                logger.notice("the recovery log holds events", metadata: ["recovery.events": "\(backlog.events)"])
            }
        } catch {
            throw SettingError(variable: "RECOVERY_DIR", fault: "\(error)", example: "/var/lib/event-listener")
        }
    }
}
