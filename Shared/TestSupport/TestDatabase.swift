import Foundation
import Logging
import MariaDB
import Postgres

/// Databases of a test's own on the private servers.
public enum TestDatabase {
    /// A new database is a folder of files, which a slow disk may take its time for.
    private static let patience: Duration = .seconds(120)

    /// Makes a new PostgreSQL database and returns its URL; the server's superuser owns it.
    public static func postgres(_ name: String) async throws -> String {
        guard let base = TestEnvironment.postgresURL else { throw TestFailure("TEST_POSTGRES_URL is not set") }
        let unique = unique(name)
        var configuration = try PostgresConfiguration(url: base)
        configuration.statementTimeout = patience
        try await PostgresPool.with(configuration, logger: quiet) { pool in
            try await pool.run { try $0.script("CREATE DATABASE \(unique)") }
        }
        return replacingDatabase(of: base, with: unique)
    }

    /// Makes a new MariaDB database and returns its URL.
    public static func mariadb(_ name: String) async throws -> String {
        guard let base = TestEnvironment.mariadbURL else { throw TestFailure("TEST_MARIADB_URL is not set") }
        let unique = unique(name)
        var configuration = try MariaDBConfiguration(url: base)
        configuration.statementTimeout = patience
        try await MariaDBPool.with(configuration, logger: quiet) { pool in
            try await pool.run { try $0.script("CREATE DATABASE \(unique)") }
        }
        return replacingDatabase(of: base, with: unique)
    }

    /// A logger for tests: warnings and worse only.
    public static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    private static func unique(_ name: String) -> String {
        "t_\(name)_\(UInt32.random(in: 0 ... .max))"
    }

    private static func replacingDatabase(of url: String, with name: String) -> String {
        guard var parts = URLComponents(string: url) else { return url }
        parts.path = "/\(name)"
        return parts.string ?? url
    }
}
