import PublishingService
import ServiceRuntime

/// What event-listener is configured with.
struct EventListenerConfiguration: MessagingConfiguration {
    let runtime: RuntimeConfiguration
    let database: DatabaseSettings
    let kafka: KafkaSettings
    let limits: BatchLimits
    let retentionDays: Int
    let onStoreDown: StoreDownPolicy
    let recoveryFolder: String
    let recoveryMaxBytes: Int
    /// `nil`: there is no search index.
    let elasticsearch: ElasticsearchSettings?
    let senders: SenderSecrets

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8087)
        var database = try DatabaseSettings(&settings, service: EventListenerService.name, database: "eventlog")
        database.service.statementTimeout = try settings.duration(
            "STORE_TIMEOUT", default: .seconds(5), in: .milliseconds(100) ... .seconds(300),
            help: "A batch that PostgreSQL does not take within this goes to the recovery log.")
        self.database = database
        limits = try Self.limits(&settings)
        retentionDays = try settings.int(
            "RETENTION_DAYS", default: 30, in: 1...3_650, help: "Days for which events are kept and uuids are unique.")
        onStoreDown = try settings.choice(
            "ON_STORE_DOWN", default: .log,
            help: "While PostgreSQL is away: answer once events are in the recovery log, or refuse them with 503.")
        recoveryFolder = try settings.string(
            "RECOVERY_DIR", default: "recovery", example: "/var/lib/event-listener",
            help: "Folder of the recovery log; it must outlive the process. Replicas may share it.")
        recoveryMaxBytes = try settings.int(
            "RECOVERY_MAX_BYTES", default: 1 << 30, in: 0...(1 << 40),
            help: "How large the recovery log of this process may grow.")
        elasticsearch = try ElasticsearchSettings(&settings)
        senders = try SenderSecrets(&settings, sender: "source")
        kafka = try KafkaSettings(&settings, service: EventListenerService.name)
    }

    private static func limits(_ settings: inout SettingsReader) throws -> BatchLimits {
        var limits = BatchLimits()
        let times: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3_600)
        limits.idleFlush = try settings.duration(
            "IDLE_FLUSH", default: limits.idleFlush, in: times, help: "Flush when no event came for so long.")
        limits.maxAge = try settings.duration(
            "MAX_AGE", default: limits.maxAge, in: times,
            help: "Flush when the oldest event has waited so long; what a kill can cost with ack=queued.")
        limits.maxBatch = try settings.int(
            "MAX_BATCH", default: limits.maxBatch, in: 1...10_000, help: "Flush when so many events are queued.")
        limits.maxBatchBytes = try settings.int(
            "MAX_BATCH_BYTES", default: limits.maxBatchBytes, in: 1_024...(64 << 20),
            help: "Flush when so many bytes are queued.")
        limits.bufferEvents = try settings.int(
            "BUFFER_EVENTS", default: limits.bufferEvents, in: 1_000...10_000_000,
            help: "Events that may wait for their commit; those beyond get 429.")
        limits.bufferBytes = try settings.int(
            "BUFFER_BYTES", default: limits.bufferBytes, in: (2 << 20)...(16 << 30),
            help: "Bytes of events that may wait for their commit; what is beyond gets 429.")
        limits.maxFlush = max(limits.maxFlush, limits.maxBatch)
        limits.maxFlushBytes = max(limits.maxFlushBytes, limits.maxBatchBytes)
        return limits
    }
}
