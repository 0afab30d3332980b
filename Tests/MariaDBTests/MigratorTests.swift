import MariaDB
import Testing

@Suite("Migrations", .enabled(if: TestDatabase.isAvailable, TestDatabase.hint))
struct MigratorTests {
    private let first = ("001-first.sql", "CREATE TABLE a (id INT PRIMARY KEY);\nINSERT INTO a VALUES (1);\n")
    private let second = ("002-second.sql", "CREATE TABLE b (id INT PRIMARY KEY)")

    @Test("are applied once, in the order of their names")
    func once() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            let migrator = MariaDBMigrator(files: [second, first])
            #expect(try migrator.pending(on: connection) == ["001-first.sql", "002-second.sql"])
            #expect(
                try migrator.run(on: connection, logger: TestDatabase.logger) == ["001-first.sql", "002-second.sql"])
            #expect(try migrator.run(on: connection, logger: TestDatabase.logger) == [])
            #expect(try migrator.pending(on: connection) == [])
            #expect(try connection.query("SELECT id FROM a").count == 1)
        }
    }

    @Test("that were applied must not change")
    func changed() async throws {
        try await TestDatabase.with { configuration in
            let connection = try MariaDBConnection(configuration)
            try MariaDBMigrator(files: [first]).run(on: connection, logger: TestDatabase.logger)
            let error = try #require(throws: MariaDBError.self) {
                try MariaDBMigrator(files: [(first.0, "SELECT 1")]).run(on: connection, logger: TestDatabase.logger)
            }
            #expect(error.code == .migration)
            #expect(error.description.contains("001-first.sql"))
        }
    }

    @Test("are applied once even by several processes at the same time")
    func concurrent() async throws {
        try await TestDatabase.with { configuration in
            let pool = MariaDBPool(configuration, connections: 4, logger: TestDatabase.logger)
            let migrator = MariaDBMigrator(files: [first, second])
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 1...4 {
                    group.addTask { try await pool.run { try migrator.run(on: $0, logger: TestDatabase.logger) } }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == ["001-first.sql", "002-second.sql"])
            await pool.close()
        }
    }
}
