import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct LossTests {
        /// Ends its own session when the transaction commits.
        private static let fatalAtCommit = """
            CREATE TABLE t (n bigint);
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION die();
            """

        @Test func `a loss during COMMIT is ambiguous and not repeated`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, logger: TestServer.logger)
                try await pool.run { try $0.script(Self.fatalAtCommit) }
                let attempts = EventCounter()
                let error = await postgresError {
                    try await pool.transaction { connection in
                        attempts.add()
                        try connection.execute("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(error?.isCommitAmbiguous == true)
                #expect(error?.isConnectionLost == true)
                #expect(error?.sqlState == "57P01")
                #expect(attempts.count == 1)
                await pool.close()
            }
        }

        @Test func `a loss before COMMIT is not ambiguous, a lone write's is, a read's is not`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                let first = try PostgresConnection(configuration)
                try first.script("CREATE TABLE t (b bool)")
                let inTransaction = postgresError {
                    try first.transaction { connection in
                        try connection.execute("INSERT INTO t VALUES (true)")
                        try TestServer.terminateSessions(of: configuration.database)
                    }
                }
                #expect(inTransaction?.isConnectionLost == true)
                #expect(inTransaction?.isCommitAmbiguous == false)
                let second = try PostgresConnection(configuration)
                let write = postgresError {
                    try second.execute("INSERT INTO t SELECT pg_terminate_backend(pg_backend_pid())")
                }
                #expect(write?.isCommitAmbiguous == true)
                let third = try PostgresConnection(configuration)
                let read = postgresError { try third.query("SELECT pg_terminate_backend(pg_backend_pid())") }
                #expect(read?.isConnectionLost == true)
                #expect(read?.isCommitAmbiguous == false)
            }
        }

        @Test func `a pool replaces connections that were ended while idle, unnoticed by callers`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, logger: TestServer.logger)
                for _ in 0..<10 {
                    let pids = try await pool.run { try $0.query("SELECT pg_backend_pid()")[0].int64(0) }
                    #expect(pids > 0)
                    try TestServer.terminateSessions(of: configuration.database)
                }
                await pool.close()
            }
        }

        @Test func `a transaction left idle for too long is ended and says so`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                var configuration = configuration
                configuration.idleInTransactionTimeout = .milliseconds(50)
                let connection = try PostgresConnection(configuration)
                let error = postgresError {
                    try connection.transaction { connection in
                        let deadline = ContinuousClock.now + .seconds(60)
                        while connection.isAlive, ContinuousClock.now < deadline { usleep(5_000) }
                    }
                }
                #expect(error?.sqlState == "25P03")
                #expect(error?.isConnectionLost == true)
                #expect(error?.isRetriable == true)
                #expect(error?.isCommitAmbiguous == false)
            }
        }

        @Test func `a session that is idle for too long is ended and says so`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                var configuration = configuration
                configuration.idleSessionTimeout = .milliseconds(50)
                let connection = try PostgresConnection(configuration)
                let error = postgresError { try connection.waitForNotification(timeout: .seconds(60)) }
                #expect(error?.sqlState == "57P05")
                #expect(error?.isRetriable == true)
                #expect(!connection.isAlive)
            }
        }

        @Test func `under load every answered write survives sessions being ended`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 4, logger: TestServer.logger)
                try await pool.run { try $0.script("CREATE TABLE t (n bigint PRIMARY KEY)") }
                let written = try await Load.run(on: pool) {
                    for _ in 0..<5 {
                        try await Task.sleep(for: .milliseconds(50))
                        try TestServer.terminateSessions(of: configuration.database)
                    }
                }
                let rows = try await pool.run { try $0.query("SELECT n FROM t").map { try $0.int64(0) } }
                #expect(written.answered.isSubset(of: rows))
                #expect(written.refused.isDisjoint(with: rows))
                await pool.close()
            }
        }

        @Test(.enabled(if: TestServer.restartCommand != nil, "set TEST_POSTGRES_RESTART to a command that restarts it"))
        func `under load every answered write survives a restart of the server`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 4, logger: TestServer.logger)
                try await pool.run { try $0.script("CREATE TABLE t (n bigint PRIMARY KEY)") }
                let written = try await Load.run(on: pool) {
                    try await Task.sleep(for: .milliseconds(50))
                    await shell(TestServer.restartCommand ?? "false")
                }
                try await eventually("the pool connects again") { await pool.ping() }
                let rows = try await pool.run { try $0.query("SELECT n FROM t").map { try $0.int64(0) } }
                #expect(written.answered.isSubset(of: rows))
                #expect(written.refused.isDisjoint(with: rows))
                #expect(written.slowest < written.disturbed + .seconds(10), "a statement's time-out would be longer")
                await pool.close()
            }
        }
    }
}
