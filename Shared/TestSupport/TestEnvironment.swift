import Foundation

/// What `make test` tells the tests: where its private stores are and where the executables stand.
public enum TestEnvironment {
    /// A superuser's URL of the private PostgreSQL.
    public static let postgresURL = variable("TEST_POSTGRES_URL")
    /// A superuser's URL of the private MariaDB.
    public static let mariadbURL = variable("TEST_MARIADB_URL")
    /// The private Redis.
    public static let redisURL = variable("TEST_REDIS_URL")
    /// A shell command that restarts the private PostgreSQL.
    public static let postgresRestart = variable("TEST_POSTGRES_RESTART")
    /// A shell command that restarts the private MariaDB.
    public static let mariadbRestart = variable("TEST_MARIADB_RESTART")
    /// The folder of the release executables.
    public static let executables = variable("SUITE_BIN")

    /// Whether this is make test-long.
    public static let isLong = variable("TEST_LONG") != nil

    /// Whether tests can use the stores; without `make test` around them those suites are skipped.
    public static var hasStores: Bool { postgresURL != nil && mariadbURL != nil }
    /// Whether tests can start the suite's executables.
    public static var hasExecutables: Bool { hasStores && executables != nil }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Why a test cannot go on.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
