import Postgres
import ServiceRuntime

/// The variables of every service that keeps its entities in PostgreSQL and publishes events.
public struct PublishingSettings: Sendable {
    public let runtime: RuntimeConfiguration
    public var database: PostgresConfiguration
    /// Connections for requests and events; the relay has one more.
    public let databaseConnections: Int
    public let kafka: KafkaSettings

    /// - Parameters:
    ///   - name: The service's name; its database has the same in examples.
    ///   - defaultPort: The service's local port.
    public init(_ settings: inout SettingsReader, name: String, defaultPort: Int) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: defaultPort)
        var database = try settings.value(
            "DATABASE_URL", example: "postgres://\(name):secret@127.0.0.1:5432/\(name)",
            help: "Where the service's own PostgreSQL database is; libpq's parameters such as sslmode may follow a ?.",
            isSecret: true
        ) { try PostgresConfiguration(url: $0) }
        database.applicationName = name
        self.database = database
        databaseConnections = try settings.int(
            "DATABASE_CONNECTIONS", default: 3, in: 2...64,
            help: "Connections to the database; each has a thread. More than 4 gain nothing.")
        kafka = try KafkaSettings(&settings, service: name)
    }
}
