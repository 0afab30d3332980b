import MariaDB
import ServiceRuntime

/// What mypage is configured with.
struct MypageConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    let database: MariaDBConfiguration
    /// Connections for readers; those who feed have two more.
    let databaseConnections: Int
    let kafka: KafkaSettings
    let consistency: ConsistencySettings

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8085)
        var database = try settings.value(
            "DATABASE_URL", example: "mariadb://mypage:secret@127.0.0.1:3306/mypage",
            help: "Where the service's own MariaDB database is; sslmode and sslrootcert may follow a ?.", isSecret: true
        ) { text in
            do {
                return try MariaDBConfiguration(url: text)
            } catch {
                throw InvalidValue("\(error)")
            }
        }
        database.applicationName = MypageService.name
        self.database = database
        databaseConnections = try settings.int(
            "DATABASE_CONNECTIONS", default: 3, in: 2...64,
            help: "Connections to the database for readers; each has a thread. More than 4 gain nothing.")
        consistency = try ConsistencySettings(&settings)
        kafka = try KafkaSettings(&settings, service: MypageService.name)
    }
}
