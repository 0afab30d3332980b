import Contracts
import MariaDB

/// Generations as two small tables and as many sets of tables.
struct MariaDBGenerationStore: GenerationStore {
    let pool: MariaDBPool

    func generations() async throws -> Generations {
        try await pool.run { try Self.generations(on: $0) }
    }

    func create(_ generation: Generation) async throws {
        try await pool.run { try Self.create(generation, on: $0) }
    }

    func activate(_ generation: Generation) async throws {
        try await pool.run { connection in
            _ = try connection.execute(
                "UPDATE mypage_generation SET active = ?, switched_at = UTC_TIMESTAMP(3)",
                [.int8(Int64(generation.number))])
        }
    }

    func retire(_ generation: Generation) async throws {
        try await pool.run { connection in
            _ = try connection.execute(
                "DELETE FROM mypage_generations WHERE number = ?", [.int8(Int64(generation.number))])
        }
    }

    func dropTables(_ generation: Generation) async throws {
        try await pool.run { connection in
            for table in MypageTables(generation).all { try connection.script("DROP TABLE IF EXISTS \(table)") }
        }
    }

    /// - Throws: ``MariaDBError``, or ``DomainError`` when there is no generation yet.
    static func generations(on connection: MariaDBConnection) throws -> Generations {
        let rows = try connection.query(
            """
            SELECT active, number FROM mypage_generation
            LEFT JOIN mypage_generations ON TRUE
            """)
        guard let first = rows.first else { throw DomainError.notMigrated }
        var live: Set<Generation> = []
        for row in rows {
            if let number = try row.int64OrNil(1) { live.insert(Generation(number: Int(number))) }
        }
        return Generations(active: Generation(number: Int(try first.int64(0))), live: live)
    }

    static func create(_ generation: Generation, on connection: MariaDBConnection) throws(MariaDBError) {
        try connection.script(MypageSchema.tables(of: generation))
        try connection.execute(
            "INSERT IGNORE INTO mypage_generations (number) VALUES (?)", [.int8(Int64(generation.number))])
    }
}
