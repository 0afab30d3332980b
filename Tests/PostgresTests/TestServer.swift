import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

/// The tests that need a server; one after the other, because one of them may restart it.
@Suite(
    .serialized,
    .enabled(if: TestServer.url != nil, "set TEST_POSTGRES_URL to a superuser's URL of a private PostgreSQL")
)
struct PostgresTests {}

enum TestServer {
    private static let made = Atomic<Int>(0)
    static let url = ProcessInfo.processInfo.environment["TEST_POSTGRES_URL"]
    /// A shell command that restarts the server and returns when it is up, e.g. `pg_ctl restart -m immediate …`.
    static let restartCommand = ProcessInfo.processInfo.environment["TEST_POSTGRES_RESTART"]
    static let logger = Logger(label: "postgres-tests") { _ in SwiftLogNoOpLogHandler() }

    static func configuration() throws -> PostgresConfiguration {
        try PostgresConfiguration(url: url ?? "")
    }

    /// Makes a database of the test's own and drops it afterwards.
    static func withDatabaseBlocking(_ body: (PostgresConfiguration) throws -> Void) throws {
        let configuration = try create()
        defer { drop(configuration) }
        try body(configuration)
    }

    static func withDatabase(_ body: (PostgresConfiguration) async throws -> Void) async throws {
        let configuration = try create()
        defer { drop(configuration) }
        try await body(configuration)
    }

    /// Runs `body` with one connection to a database of its own.
    static func withConnection(_ body: (PostgresConnection) throws -> Void) throws {
        try withDatabaseBlocking { configuration in
            try body(PostgresConnection(configuration))
        }
    }

    /// Ends all other sessions of a database from outside, as an administrator would.
    static func terminateSessions(of database: String) throws {
        try PostgresConnection(configuration()).execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            [.text(database)])
    }

    private static func create() throws -> PostgresConfiguration {
        var configuration = try configuration()
        // A new database is a folder of files, which a slow disk may take its time for.
        var patient = configuration
        patient.statementTimeout = .seconds(120)
        let number = made.add(1, ordering: .relaxed).newValue
        let name = "postgres_tests_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        try PostgresConnection(patient).script("CREATE DATABASE \(name)")
        configuration.database = name
        return configuration
    }

    private static func drop(_ configuration: PostgresConfiguration) {
        do {
            let admin = try PostgresConnection(self.configuration())
            try admin.script("DROP DATABASE IF EXISTS \(configuration.database) WITH (FORCE)")
        } catch {
            Issue.record(error, "the test's database stays behind")
        }
    }
}
