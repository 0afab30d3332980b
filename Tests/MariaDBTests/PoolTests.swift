import Foundation
import MariaDB
import Synchronization
import Testing

@Suite("A pool of MariaDB connections", .enabled(if: TestDatabase.isAvailable, TestDatabase.hint))
struct PoolTests {
    @Test("replaces a connection that the server ended, and prepares its statements again")
    func reconnects() async throws {
        try await TestDatabase.with { configuration in
            let pool = MariaDBPool(configuration, connections: 1, logger: TestDatabase.logger)
            let select = "SELECT CONNECTION_ID(), ?"
            let first = try await pool.run { try $0.query(select, [.int8(1)]).first?.int64(0) }
            try MariaDBConnection(configuration).script("KILL CONNECTION \(try #require(first))")
            #expect(
                try await eventually {
                    let second = try? await pool.run { try $0.query(select, [.int8(1)]).first?.int64(0) }
                    return second != nil && second != first
                })
            await pool.close()
        }
    }

    @Test("reports a connection that is lost in the middle as worth a retry")
    func lostInTheMiddle() async throws {
        try await TestDatabase.with { configuration in
            let pool = MariaDBPool(configuration, connections: 1, logger: TestDatabase.logger)
            let attempts = Attempts()
            let error = await #expect(throws: MariaDBError.self) {
                try await pool.run { connection in
                    attempts.next()
                    let id = try connection.query("SELECT CONNECTION_ID()").first?.int64(0) ?? 0
                    try MariaDBConnection(configuration).script("KILL CONNECTION \(id)")
                    _ = try connection.query("SELECT SLEEP(1)")
                    _ = try connection.query("SELECT 1")
                }
            }
            #expect(error?.isConnectionLost == true && error?.isRetriable == true && error?.code == .connection)
            #expect(attempts.count == 1)
            #expect(await pool.ping())
            await pool.close()
        }
    }

    @Test("runs a transaction again when the connection was lost before its commit")
    func retriesTransaction() async throws {
        try await TestDatabase.with { configuration in
            try MariaDBConnection(configuration).script("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)")
            let pool = MariaDBPool(configuration, connections: 1, logger: TestDatabase.logger)
            let attempts = Attempts()
            let count = try await pool.transaction { connection in
                try connection.execute("INSERT INTO t VALUES ()")
                if attempts.next() == 1 {
                    let id = try connection.query("SELECT CONNECTION_ID()").first?.int64(0) ?? 0
                    try MariaDBConnection(configuration).script("KILL CONNECTION \(id)")
                }
                _ = try connection.query("SELECT SLEEP(0.01)")
                return try connection.query("SELECT id FROM t").count
            }
            #expect(count == 1)
            #expect(attempts.count == 2)
            await pool.close()
        }
    }

    @Test("resolves deadlocks by running one of the transactions again")
    func deadlock() async throws {
        try await TestDatabase.with { configuration in
            try MariaDBConnection(configuration).script(
                "CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0)")
            let pool = MariaDBPool(configuration, connections: 2, logger: TestDatabase.logger)
            let attempts = Attempts()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for order in [[1, 2], [2, 1]] {
                    group.addTask {
                        try await pool.transaction { connection in
                            attempts.next()
                            for id in order {
                                try connection.execute("UPDATE t SET v = v + 1 WHERE id = ?", [.int8(Int64(id))])
                                _ = try connection.query("SELECT SLEEP(0.2)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sum = try await pool.run { try $0.query("SELECT CAST(SUM(v) AS SIGNED) FROM t").first?.int64(0) }
            #expect(sum == 4)
            #expect(attempts.count >= 2)
            await pool.close()
        }
    }

    @Test("refuses jobs when its queue is full and when it is closed")
    func bounded() async throws {
        try await TestDatabase.with { configuration in
            let pool = MariaDBPool(configuration, connections: 1, queueLimit: 1, logger: TestDatabase.logger)
            let results = await withTaskGroup(of: Bool.self) { group in
                for _ in 1...5 {
                    group.addTask { (try? await pool.run { _ = try $0.query("SELECT SLEEP(0.2)") }) != nil }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.contains(true) && results.contains(false))
            await pool.close()
            let error = await #expect(throws: MariaDBError.self) { try await pool.run { _ in } }
            #expect(error?.code == .closed)
        }
    }

    @Test("knows whether the server answers")
    func ping() async throws {
        let nobody = try MariaDBConfiguration(url: "mariadb://a:b@127.0.0.1:1/c")
        let pool = MariaDBPool(nobody, connections: 1, logger: TestDatabase.logger)
        #expect(await pool.ping() == false)
        await pool.close()
    }
}

private final class Attempts: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
