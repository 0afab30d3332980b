import Foundation
import MariaDB
import Postgres

/// A new database as a service has it in production: one user owns the schema, another serves.
public struct ServiceDatabase: Sendable {
    /// The service's user, who is admitted by `migrate`.
    public let url: String
    /// The owner of the schema.
    public let ownerURL: String
    /// The server's superuser.
    public let adminURL: String

    private static let owner = "test_owner"
    private static let service = "test_service"
    /// The users are shared by all test databases of a server that is private to the tests.
    public static let passwords = [owner: "owner-9c41d7", service: "service-5fe208"]

    /// In PostgreSQL.
    public static func postgres(_ name: String) async throws -> ServiceDatabase {
        let admin = try await TestDatabase.postgres(name)
        let configuration = try PostgresConfiguration(url: admin)
        try await PostgresPool.with(configuration, logger: TestDatabase.quiet) { pool in
            try await pool.run { connection in
                for (user, password) in passwords {
                    // Another test may make the same at the same time.
                    try connection.script(
                        """
                        DO $$ BEGIN CREATE ROLE \(user) LOGIN PASSWORD '\(password)';
                        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
                        """)
                }
                try connection.script(
                    """
                    ALTER DATABASE \(configuration.database) OWNER TO \(owner);
                    REVOKE ALL ON DATABASE \(configuration.database) FROM PUBLIC
                    """)
            }
        }
        return ServiceDatabase(admin)
    }

    /// In MariaDB.
    public static func mariadb(_ name: String) async throws -> ServiceDatabase {
        let admin = try await TestDatabase.mariadb(name)
        let configuration = try MariaDBConfiguration(url: admin)
        try await MariaDBPool.with(configuration, logger: TestDatabase.quiet) { pool in
            try await pool.run { connection in
                for (user, password) in passwords {
                    try connection.script(
                        "CREATE USER IF NOT EXISTS '\(user)'@'127.0.0.1' IDENTIFIED BY '\(password)'")
                }
                let pattern = configuration.database.replacing("_", with: "\\_")
                try connection.script("GRANT ALL ON `\(pattern)`.* TO '\(owner)'@'127.0.0.1' WITH GRANT OPTION")
            }
        }
        return ServiceDatabase(admin)
    }

    private init(_ admin: String) {
        adminURL = admin
        ownerURL = Self.replacingUser(of: admin, with: Self.owner)
        url = Self.replacingUser(of: admin, with: Self.service)
    }

    private static func replacingUser(of url: String, with user: String) -> String {
        guard var parts = URLComponents(string: url) else { return url }
        parts.user = user
        parts.password = passwords[user]
        return parts.string ?? url
    }
}
