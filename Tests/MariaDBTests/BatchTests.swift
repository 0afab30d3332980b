import MariaDB
import Testing

@Suite("A batch of rows", .enabled(if: TestDatabase.isAvailable, TestDatabase.hint))
struct BatchTests {
    @Test("is stored whole, whatever its size", arguments: [1, 2, 3, 7, 8, 9, 31, 100])
    func insert(size: Int) async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(10))")
            let batch = MariaDBBatch(head: "INSERT INTO t (id, s) VALUES", row: "(?, ?)", maximum: 8)
            let values = (1...size).flatMap { [MariaDBValue.int8(Int64($0)), .text("r\($0)")] }
            #expect(try batch.execute(on: connection, values) == size)
            let inList = MariaDBBatch(head: "SELECT id FROM t WHERE id IN (", row: "?", tail: ")", maximum: 8)
            let ids = (1...size).map { MariaDBValue.int8(Int64($0)) }
            #expect(Set(try inList.query(on: connection, padding: ids).map { try $0.int64(0) }).count == size)
            #expect(try inList.query(on: connection, ids).count == size)
        }
    }

    @Test("tells with RETURNING exactly which rows were new")
    func returning() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try connection.script("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (2), (5)")
            let batch = MariaDBBatch(
                head: "INSERT IGNORE INTO t (id) VALUES", row: "(?)", tail: "RETURNING id", maximum: 4)
            let new = try batch.query(on: connection, [1, 2, 3, 3, 4, 5].map { .int8($0) }).map { try $0.int64(0) }
            #expect(new == [1, 3, 4])
        }
    }
}
