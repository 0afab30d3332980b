import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct PoolTests {
        @Test func `callers beyond the queue's limit are refused, the others served`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 1, queueLimit: 2, logger: TestServer.logger)
                let gate = DispatchSemaphore(value: 0)
                let (begun, refused) = (EventCounter(), EventCounter())
                async let first: Void = pool.run { _ in
                    begun.add()
                    gate.wait()
                }
                try await eventually("the first has begun") { begun.count == 1 }
                let served = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            do {
                                try await pool.check()
                                return 1
                            } catch let error as PostgresError where error.code == .queueFull {
                                #expect(error.isRetriable)
                                if refused.add() == 3 { gate.signal() }
                                return 0
                            }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(served == 2)
                try await first
                await pool.close()
            }
        }

        @Test func `a caller that gives up while it waits is skipped`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                let gate = DispatchSemaphore(value: 0)
                let (begun, ran) = (EventCounter(), EventCounter())
                async let first: Void = pool.run { _ in
                    begun.add()
                    gate.wait()
                }
                try await eventually("the first has begun") { begun.count == 1 }
                await #expect(throws: CancellationError.self) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await pool.run { _ in _ = ran.add() } }
                        try await Task.sleep(for: .milliseconds(20))
                        group.cancelAll()
                        gate.signal()
                        try await group.waitForAll()
                    }
                }
                #expect(ran.count == 0)
                try await first
                await pool.close()
            }
        }

        @Test func `a transaction that a body leaves open is rolled back`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                try await pool.run { try $0.script("CREATE TABLE t (n int)") }
                try await pool.run { try $0.script("BEGIN; INSERT INTO t VALUES (1)") }
                let isOpen = try await pool.run { connection throws in
                    #expect(try connection.query("SELECT 1 FROM t").isEmpty)
                    return connection.isInTransaction
                }
                #expect(!isOpen)
                await pool.close()
            }
        }

        @Test func `a closed pool finishes what waits and refuses what comes`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, logger: TestServer.logger)
                #expect(await pool.ping())
                await pool.close()
                let error = await postgresError { try await pool.check() }
                #expect(error?.code == .closed)
                #expect(error?.isRetriable == false)
                // The server's process is told, and ends in its own time.
                let other = try PostgresConnection(TestServer.configuration())
                try await eventually("no session is left") {
                    try other.query(
                        "SELECT 1 FROM pg_stat_activity WHERE datname = $1", [.text(configuration.database)]
                    ).isEmpty
                }
            }
        }
    }
}
