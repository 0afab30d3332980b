import Logging
import Postgres
import ServiceRuntime

/// Where a service's own PostgreSQL database is, for the service and for whoever owns the schema.
public struct DatabaseSettings: Sendable {
    /// The service's own user: with `MIGRATION_DATABASE_URL` it reads and writes rows and can alter nothing.
    public var service: PostgresConfiguration
    /// The schema's owner, used by `migrate` alone; `nil` when the service's user owns the schema too.
    let owner: PostgresConfiguration?

    /// - Parameters:
    ///   - service: The service's name, shown by the server.
    ///   - database: The database's name in examples.
    public init(_ settings: inout SettingsReader, service name: String, database: String) throws {
        service = try settings.value(
            "DATABASE_URL", example: "postgres://\(database)_service:secret@127.0.0.1:5432/\(database)",
            help: "Where the service's own PostgreSQL database is; libpq's parameters such as sslmode may follow a ?.",
            isSecret: true
        ) { try PostgresConfiguration(url: $0) }
        service.applicationName = name
        let example = "postgres://\(database):secret@127.0.0.1:5432/\(database)"
        var owner = try settings.optionalValue(
            "MIGRATION_DATABASE_URL", example: example,
            help: """
                The same database for the owner of its schema. Only migrate uses it; it lets the user of DATABASE_URL \
                read and write rows. Default: DATABASE_URL.
                """,
            isSecret: true
        ) { try PostgresConfiguration(url: $0) }
        owner?.applicationName = "\(name) migrate"
        if let owner, owner.database != service.database, !settings.isDescribing {
            throw SettingError(
                variable: "MIGRATION_DATABASE_URL", fault: "names another database than DATABASE_URL", example: example)
        }
        self.owner = owner
    }

    /// Brings the schema up to date, as its owner.
    func migrate(_ migrator: PostgresMigrator, logger: Logger) async throws {
        let owner = owner ?? service
        let role = owner.user == service.user ? nil : service.user
        _ = try await PostgresPool.with(owner, logger: logger) { pool in
            try await pool.run { try migrator.run(on: $0, serviceRole: role, logger: logger) }
        }
    }
}
