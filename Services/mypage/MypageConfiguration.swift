import MariaDB
import ServiceRuntime

/// What mypage is configured with.
struct MypageConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    /// The service's own user: with `MIGRATION_DATABASE_URL` it reads and writes rows and can alter nothing.
    let database: MariaDBConfiguration
    /// The schema's owner, used by `migrate` alone; `nil` when the service's user owns the schema too.
    let owner: MariaDBConfiguration?
    /// Connections for readers; those who feed have two more.
    let databaseConnections: Int
    let kafka: KafkaSettings
    let consistency: ConsistencySettings

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8085)
        var database = try settings.value(
            "DATABASE_URL", example: Self.exampleURL,
            help: "Where the service's own MariaDB database is; sslmode and sslrootcert may follow a ?.",
            isSecret: true, parse: Self.database)
        database.applicationName = MypageService.name
        self.database = database
        var owner = try settings.optionalValue(
            "MIGRATION_DATABASE_URL", example: Self.exampleOwnerURL,
            help: """
                The same database for the owner of its schema. Only migrate uses it; it lets the user of DATABASE_URL \
                read and write rows. Default: DATABASE_URL.
                """,
            isSecret: true, parse: Self.database)
        owner?.applicationName = "\(MypageService.name) migrate"
        if let owner, owner.database != database.database {
            throw SettingError(
                variable: "MIGRATION_DATABASE_URL", fault: "names another database than DATABASE_URL",
                example: Self.exampleOwnerURL)
        }
        self.owner = owner
        databaseConnections = try settings.int(
            "DATABASE_CONNECTIONS", default: 3, in: 2...64,
            help: "Connections to the database for readers; each has a thread. More than 4 gain nothing.")
        consistency = try ConsistencySettings(&settings)
        kafka = try KafkaSettings(&settings, service: MypageService.name)
    }

    static let exampleURL = "mariadb://mypage_service:secret@127.0.0.1:3306/mypage"
    static let exampleOwnerURL = "mariadb://mypage:secret@127.0.0.1:3306/mypage"

    private static func database(_ text: String) throws -> MariaDBConfiguration {
        do {
            return try MariaDBConfiguration(url: text)
        } catch {
            throw InvalidValue("\(error)")
        }
    }
}
