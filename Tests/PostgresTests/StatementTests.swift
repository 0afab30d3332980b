import Testing

@testable import Postgres

extension PostgresTests {
    struct StatementTests {
        private static let prepared = "SELECT count(*) FROM pg_prepared_statements"

        @Test func `a statement is prepared once, also when values alternate with NULL`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE numbers (n int)")
                for value: PostgresValue in [.null, .int8(5), .null, .int8(6), .null] {
                    #expect(try connection.execute("INSERT INTO numbers VALUES ($1)", [value]) == 1)
                }
                #expect(try connection.query("SELECT sum(n)::int FROM numbers")[0].int64(0) == 11)
                // The insert (its first form, for NULL only, was given up), the sum and the question itself.
                #expect(try connection.query(Self.prepared)[0].int64(0) == 3)
            }
        }

        @Test func `the least used statements are given up on the server too`() throws {
            try TestServer.withConnection { connection in
                for number in 0..<600 { try connection.execute("SELECT \(number)") }
                #expect(try connection.query(Self.prepared)[0].int64(0) <= 257)
            }
        }

        @Test func `affected rows are counted`() throws {
            try TestServer.withConnection { connection in
                try connection.execute("CREATE TABLE t (n bigint)")
                #expect(try connection.execute("INSERT INTO t SELECT generate_series(1, 10)") == 10)
                #expect(try connection.execute("UPDATE t SET n = 0 WHERE n > $1", [.int8(4)]) == 6)
                #expect(try connection.query("DELETE FROM t WHERE n = 0 RETURNING n").affectedRows == 6)
                #expect(try connection.execute("") == 0)
            }
        }

        @Test func `a statement is prepared anew after its table has changed or the server forgot it`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
                #expect(try connection.query("SELECT * FROM t")[0].int64(0) == 1)
                try connection.script("ALTER TABLE t ADD b text DEFAULT 'new'")
                #expect(try connection.query("SELECT * FROM t")[0].string(1) == "new")
                try connection.script("DEALLOCATE ALL")
                #expect(try connection.query("SELECT * FROM t")[0].string(1) == "new")
            }
        }

        @Test func `in a transaction the invalidated statement's error asks for another attempt`() async throws {
            try await TestServer.withDatabase { configuration in
                let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                try await pool.run { connection in
                    try connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
                    _ = try connection.query("SELECT * FROM t")
                    try connection.script("ALTER TABLE t ADD b text DEFAULT 'new'")
                }
                let error = await postgresError {
                    try await pool.transaction(retries: 0) { try $0.query("SELECT * FROM t")[0].string(1) }
                }
                #expect(error?.isRetriable == true)
                try await pool.run { try $0.script("DEALLOCATE ALL") }
                let text = try await pool.transaction { try $0.query("SELECT * FROM t")[0].string(1) }
                #expect(text == "new")
                await pool.close()
            }
        }

        @Test func `errors carry code and constraint, and show row data only to developers`() throws {
            try TestServer.withConnection { connection in
                try connection.script("CREATE TABLE t (name text CONSTRAINT only_once UNIQUE)")
                let insert = "INSERT INTO t VALUES ($1)"
                try connection.execute(insert, [.text("secret name")])
                let error = postgresError { try connection.execute(insert, [.text("secret name")]) }
                #expect(error?.code == .query)
                #expect(error?.sqlState == "23505")
                #expect(error?.constraint == "only_once")
                #expect(error?.isRetriable == false)
                #expect(error?.description == "PostgreSQL refused a statement (SQLSTATE 23505), constraint only_once")
                #expect(error?.debugDescription.contains("secret name") == true)
                #expect(postgresError { try connection.query("SELEC 1") }?.sqlState == "42601")
                #expect(postgresError { try connection.script("SELECT 1; SELECT 1/0") }?.sqlState == "22012")
                #expect(connection.isAlive)
            }
        }

        @Test func `what libpq or this module cannot send is an error and not retriable`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                let connection = try PostgresConnection(configuration)
                let tooMany = Array(repeating: PostgresValue.int8(1), count: 70_000)
                #expect(postgresError { try connection.execute("SELECT 1", tooMany) }?.code == .query)
                #expect(connection.isAlive)
                let copy = postgresError { try connection.script("COPY (SELECT 1) TO STDOUT") }
                #expect(copy?.code == .query)
                #expect(copy?.isRetriable == false)
                #expect(!connection.isAlive)
            }
        }

        @Test func `a statement that takes too long is ended by the server`() throws {
            try TestServer.withDatabaseBlocking { configuration in
                var configuration = configuration
                configuration.statementTimeout = .milliseconds(50)
                let connection = try PostgresConnection(configuration)
                let error = postgresError { try connection.query("SELECT pg_sleep(5)") }
                #expect(error?.sqlState == "57014")
                #expect(connection.isAlive)
            }
        }

        @Test func `a server that stops answering costs no more than the time-out`() throws {
            try TestServer.withConnection { connection in
                connection.answerTimeout = .milliseconds(100)
                let error = postgresError { try connection.query("SELECT pg_sleep(2)") }
                #expect(error?.isConnectionLost == true)
                #expect(error?.isRetriable == true)
                #expect(error?.isCommitAmbiguous == false)
                #expect(!connection.isAlive)
                #expect(postgresError { try connection.query("SELECT 1") }?.isConnectionLost == true)
            }
        }
    }
}
