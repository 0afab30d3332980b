import Testing

@testable import Postgres

extension PostgresTests {
    struct TransactionTests {
        private struct Refusal: Error {}

        @Test func `what throws is rolled back, what returns is committed`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE t (n bigint)")
                #expect(throws: Refusal.self) {
                    try connection.transaction { connection in
                        try connection.execute("INSERT INTO t VALUES (1)")
                        throw Refusal()
                    }
                }
                let inside = try connection.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (2)")
                    return connection.isInTransaction
                }
                #expect(inside)
                #expect(!connection.isInTransaction)
                #expect(try connection.query("SELECT n FROM t").map { try $0.int64(0) } == [2])
            }
        }

        @Test func `an error that the body swallowed is thrown all the same`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE t (n bigint PRIMARY KEY)")
                let error = postgresError {
                    try connection.transaction { connection in
                        try connection.execute("INSERT INTO t VALUES (1)")
                        _ = try? connection.execute("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(error?.sqlState == "23505")
                #expect(try connection.query("SELECT 1 FROM t").isEmpty)
            }
        }

        @Test func `a savepoint undoes only its own part, also within another`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE t (n bigint PRIMARY KEY)")
                try connection.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (1)")
                    let error = postgresError {
                        try connection.savepoint { try $0.execute("INSERT INTO t VALUES (2), (1)") }
                    }
                    #expect(error?.sqlState == "23505")
                    try connection.savepoint { connection in
                        try connection.execute("INSERT INTO t VALUES (3)")
                        #expect(throws: Refusal.self) {
                            try connection.savepoint { connection in
                                try connection.execute("INSERT INTO t VALUES (4)")
                                throw Refusal()
                            }
                        }
                    }
                }
                #expect(try connection.query("SELECT n FROM t ORDER BY n").map { try $0.int64(0) } == [1, 3])
            }
        }

        @Test func `a transaction within a transaction is refused, and outside one a savepoint`() throws {
            try TestServer.withConnection { connection in
                let nested = postgresError { try connection.transaction { try $0.transaction { _ in } } }
                #expect(nested?.sqlState == "25001")
                #expect(postgresError { try connection.savepoint { _ in } }?.sqlState == "25P01")
                #expect(!connection.isInTransaction)
            }
        }

        @Test(arguments: ["40001", "40P01", "55P03"])
        func `a conflict is tried again until it passes`(state: String) async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, logger: TestServer.logger)
                let attempts = EventCounter()
                let result = try await pool.transaction { connection in
                    let attempt = attempts.add()
                    if attempt < 3 { try connection.script("DO $$BEGIN RAISE SQLSTATE '\(state)'; END$$") }
                    return attempt
                }
                #expect(result == 3)
                let error = await postgresError {
                    try await pool.transaction(retries: 1) { try $0.script("DO $$BEGIN RAISE SQLSTATE '40001'; END$$") }
                }
                #expect(error?.sqlState == "40001")
                await pool.close()
            }
        }
    }
}
