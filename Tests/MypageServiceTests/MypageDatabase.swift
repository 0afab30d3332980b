import Foundation
import Logging
import MariaDB
import Testing

@testable import MypageService

/// A migrated database of a test's own on the server of `TEST_MARIADB_URL`; dropped when the test is over.
struct MypageDatabase: Sendable {
    static let server = ProcessInfo.processInfo.environment["TEST_MARIADB_URL"]
    static let isAvailable = server != nil
    static let hint: Comment = "set TEST_MARIADB_URL to a server where databases may be created"
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Where it is, with the password.
    let url: String
    let configuration: MariaDBConfiguration
    let pool: MariaDBPool
    let active = ActiveGeneration()

    var repository: MariaDBMypageRepository { MariaDBMypageRepository(pool: pool, active: active) }
    var projection: MariaDBMypageProjection { MariaDBMypageProjection(.first, pool: pool) }
    var store: MariaDBGenerationStore { MariaDBGenerationStore(pool: pool) }

    /// Another pool, of one connection, on the same database; the caller closes it.
    func onePool() -> MariaDBPool { MariaDBPool(configuration, connections: 1, logger: Self.logger) }

    static func with(_ body: (MypageDatabase) async throws -> Void) async throws {
        let serverURL = try #require(server)
        var url = try #require(URLComponents(string: serverURL))
        let server = try MariaDBConfiguration(url: serverURL)
        let name = "test_\(UUID().uuidString.prefix(8).lowercased())"
        try MariaDBConnection(server).script("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
        url.path = "/\(name)"
        let text = try #require(url.string)
        let configuration = try MariaDBConfiguration(url: text)
        let pool = MariaDBPool(configuration, connections: 4, logger: logger)
        let result: Result<Void, any Error>
        do {
            try await pool.run { try MypageSchema.migrate($0, logger: logger) }
            result = .success(try await body(MypageDatabase(url: text, configuration: configuration, pool: pool)))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        try MariaDBConnection(server).script("DROP DATABASE \(name)")
        try result.get()
    }
}
