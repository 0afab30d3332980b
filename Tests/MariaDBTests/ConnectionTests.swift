import Contracts
import Foundation
import MariaDB
import Testing

@Suite("A MariaDB connection", .enabled(if: TestDatabase.isAvailable, TestDatabase.hint))
struct ConnectionTests {
    @Test("gives back every type as it was sent")
    func values() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script(
                "CREATE TABLE t (n INT PRIMARY KEY, i BIGINT, d DOUBLE, s LONGTEXT, b LONGBLOB, u BINARY(16), t DATETIME(3))"
            )
            let id = UUID()
            let time = Timestamp(milliseconds: 1_700_000_000_123)
            let long = String(repeating: "möglich 🎁 ", count: 50_000)
            let rows: [[MariaDBValue]] = [
                [
                    .int8(1), .int8(.max), .double(0.1), .text("naïve 🎁"), .bytes([0, 255, 39]), .uuid(id),
                    .timestamp(time),
                ],
                [.int8(2), .int8(.min), .double(-1e300), .text(""), .bytes([]), .uuid(id), .timestamp(time)],
                [.int8(3), .null, .null, .null, .null, .null, .null],
                [.int8(4), .int8(0), .double(0), .text(long), .bytes(Array(long.utf8)), .uuid(id), .timestamp(time)],
                [.int8(5), .int8(0), .double(0), .text("short"), .bytes([1]), .uuid(id), .timestamp(time)],
            ]
            for row in rows {
                #expect(try connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row) == 1)
            }
            for _ in 1...2 {
                let found = try connection.query("SELECT n, i, d, s, b, u, t FROM t ORDER BY n")
                #expect(found.count == rows.count)
                for (row, expected) in zip(found, rows) {
                    let isSame = (0..<7).map { row[$0] } == expected
                    #expect(isSame, "row \(expected[0])")
                }
            }
            let first = try #require(try connection.query("SELECT i, s, u, t FROM t WHERE n = ?", [.int8(1)]).first)
            #expect(try first.int64(0) == .max)
            #expect(try first.uuid(2) == id)
            #expect(try first.timestamp(3) == time)
            #expect(throws: MariaDBError.self) { try first.int64(1) }
            let sum = try #require(try connection.query("SELECT CAST(SUM(n) AS SIGNED), COUNT(*), NULL FROM t").first)
            #expect(try sum.int64(0) == 15)
            #expect(try sum.int64(1) == 5)
            #expect(try sum.int64OrNil(2) == nil)
        }
    }

    @Test("counts changed rows, not found ones")
    func affectedRows() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
            let upsert = "INSERT INTO t VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)"
            #expect(try connection.execute(upsert, [.int8(1), .int8(1)]) == 1)
            #expect(try connection.execute(upsert, [.int8(1), .int8(1)]) == 0)
            #expect(try connection.execute(upsert, [.int8(1), .int8(2)]) == 2)
            #expect(try connection.execute("UPDATE t SET v = 2 WHERE id = 1") == 0)
            #expect(try connection.execute("DELETE FROM t") == 1)
        }
    }

    @Test("is strict, in UTC, and sees what others commit")
    func session() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            let row = try #require(
                try connection.query(
                    "SELECT @@tx_isolation, @@time_zone, @@character_set_client, @@innodb_lock_wait_timeout"
                ).first)
            #expect(try row.string(0) == "READ-COMMITTED")
            #expect(try row.string(1) == "+00:00")
            #expect(try row.string(2) == "utf8mb4")
            #expect(try row.int64(3) == 5)
            try connection.script("CREATE TABLE t (s VARCHAR(3))")
            let error = try #require(throws: MariaDBError.self) {
                try connection.execute("INSERT INTO t VALUES (?)", [.text("four")])
            }
            #expect(error.errno == 1406)
            #expect(error.sqlState == "22001")
            #expect(!error.isRetriable)
            #expect(connection.isAlive)
        }
    }

    @Test("rolls back what throws and can be used afterwards")
    func rollback() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script("CREATE TABLE t (id INT PRIMARY KEY)")
            #expect(throws: DomainError.self) {
                try connection.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (1)")
                    throw DomainError(.conflict, slug: "test", detail: "test")
                }
            }
            let error = try #require(throws: MariaDBError.self) {
                try connection.transaction { connection in
                    try connection.execute("INSERT INTO t VALUES (?), (?)", [.int8(2), .int8(2)])
                }
            }
            #expect(error.isDuplicate)
            #expect(try connection.transaction { try $0.query("SELECT id FROM t").count } == 0)
            #expect(!connection.isInTransaction)
        }
    }

    @Test("keeps working when more statements are used than it keeps prepared")
    func statementCache() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            for round in 1...2 {
                for number in 0..<(MariaDBConnection.statementLimit + 20) {
                    let row = try connection.query("SELECT \(number) + ?", [.int8(Int64(round))]).first
                    #expect(try row?.int64(0) == Int64(number + round))
                }
            }
        }
    }

    @Test("prepares a statement again when its table has changed")
    func changedTable() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
            #expect(try connection.query("SELECT * FROM t").first?.int64(0) == 1)
            try connection.script("ALTER TABLE t ADD COLUMN b VARCHAR(10) NOT NULL DEFAULT 'x' FIRST")
            var row: MariaDBRow?
            do {
                row = try connection.query("SELECT * FROM t").first
            } catch let error as MariaDBError {
                #expect(error.isRetriable)
                row = try connection.query("SELECT * FROM t").first
            }
            #expect(try row?.string(0) == "x")
            #expect(try row?.int64(1) == 1)
        }
    }

    @Test("says who was refused without saying the password")
    func wrongPassword() throws {
        let url = try #require(TestDatabase.url)
        let server = try MariaDBConfiguration(url: url)
        let wrong = try MariaDBConfiguration(url: "mariadb://\(server.user):wr0ng@\(server.host):\(server.port)/")
        let error = try #require(throws: MariaDBError.self) { try MariaDBConnection(wrong) }
        #expect(error.isAccessDenied)
        #expect(!error.isRetriable)
        #expect(error.code == .connection)
        #expect(error.description == "MariaDB refused the user or the password (error 1045, SQLSTATE 28000)")
        #expect(!error.debugDescription.contains("wr0ng"))
    }

    @Test("that cannot be made says so and may be tried again")
    func refused() throws {
        let nobody = try MariaDBConfiguration(url: "mariadb://a:b@127.0.0.1:1/c")
        let error = try #require(throws: MariaDBError.self) { try MariaDBConnection(nobody) }
        #expect(error.isConnectionLost && error.isRetriable && error.sqlState == nil)
        #expect(error.description.contains("cannot be reached"))
    }
}
