import Foundation
import Logging
import MariaDB
import Testing

/// A database of a test's own on the server of `TEST_MARIADB_URL`; dropped when the test is over.
enum TestDatabase {
    static let url = ProcessInfo.processInfo.environment["TEST_MARIADB_URL"]
    static let isAvailable = url != nil
    static let hint: Comment = "set TEST_MARIADB_URL to a server where databases may be created"

    /// A shell command that restarts the server of `TEST_MARIADB_URL` and returns when it answers.
    static let restartCommand = ProcessInfo.processInfo.environment["TEST_MARIADB_RESTART"]
    /// A restart disturbs every other test that uses the server.
    static let canRestart =
        isAvailable && restartCommand != nil && ProcessInfo.processInfo.environment["TEST_ALONE"] == "1"
    static let restartHint: Comment = """
        set TEST_MARIADB_RESTART to a shell command that restarts the private server, and TEST_ALONE=1 when no other \
        test runs beside this one (swift test --filter RestartTests)
        """

    static func with(_ body: (MariaDBConfiguration) async throws -> Void) async throws {
        let server = try MariaDBConfiguration(url: try #require(url))
        let name = "test_\(UUID().uuidString.prefix(8).lowercased())"
        try MariaDBConnection(server).script("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
        var configuration = server
        configuration.database = name
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(configuration))
        } catch {
            result = .failure(error)
        }
        try MariaDBConnection(server).script("DROP DATABASE \(name)")
        try result.get()
    }

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// Waits until `condition` holds; returns whether it did before the deadline.
func eventually(
    within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
