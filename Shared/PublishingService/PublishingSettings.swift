import ServiceRuntime

/// The variables of every service that keeps its entities in PostgreSQL and publishes events.
public struct PublishingSettings: Sendable {
    public let runtime: RuntimeConfiguration
    public var database: DatabaseSettings
    /// Connections for requests and events; the relay has one more.
    public let databaseConnections: Int
    public let kafka: KafkaSettings

    /// - Parameters:
    ///   - name: The service's name; its database has the same in examples.
    ///   - defaultPort: The service's local port.
    public init(_ settings: inout SettingsReader, name: String, defaultPort: Int) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: defaultPort)
        database = try DatabaseSettings(&settings, service: name, database: name)
        databaseConnections = try settings.int(
            "DATABASE_CONNECTIONS", default: 3, in: 2...64,
            help: "Connections to the database; each has a thread. More than 4 gain nothing.")
        kafka = try KafkaSettings(&settings, service: name)
    }
}
