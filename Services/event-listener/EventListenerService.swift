import Postgres
import ServiceRuntime

/// `event-listener`: takes any events, stores them in bulk, loses none that it acknowledged.
@main
enum EventListenerService: ServiceDefinition {
    static let name = "event-listener"
    static let abstract = "Takes any events over HTTP and from Kafka and stores them in bulk, losing none."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let subcommands: [any ParsableCommand.Type] = [
        RecoverCommand.self, ReindexCommand.self, DeadLetterCommand<EventListenerService>.self,
    ]

    /// In the order of their names.
    static let migrations: [(name: String, sql: String)] = [
        ("001-event-log.sql", String(decoding: PackageResources._01_event_log_sql, as: UTF8.self)),
        ("002-partitions.sql", String(decoding: PackageResources._02_partitions_sql, as: UTF8.self)),
    ]
}
