import Contracts
import MariaDB

/// Generations as two small tables and as many sets of tables.
struct MariaDBGenerationStore: GenerationStore {
    let pool: MariaDBPool

    func generations() async throws -> Generations {
        try await pool.run { try Self.generations(on: $0) }
    }

    func create(_ generation: Generation) async throws {
        try await pool.run { try Self.create(generation, .building, on: $0) }
    }

    func release(_ generation: Generation) async throws {
        try await execute("UPDATE mypage_generations SET state = 'live' WHERE number = ?", generation)
    }

    func activate(_ generation: Generation) async throws {
        try await execute(
            "UPDATE mypage_generation SET active = ?, switched_at = UTC_TIMESTAMP(3)", generation)
    }

    func retire(_ generation: Generation) async throws -> Bool {
        try await execute(
            """
            UPDATE mypage_generations SET state = 'dropped'
            WHERE number = ? AND number NOT IN (SELECT active FROM mypage_generation)
            """, generation) > 0
    }

    func dropTables(_ generation: Generation) async throws {
        try await pool.run { try $0.script("CALL \(MypageProcedures.drop)(\(generation.number))") }
    }

    @discardableResult
    private func execute(_ sql: String, _ generation: Generation) async throws -> Int {
        try await pool.run { try $0.execute(sql, [.int8(Int64(generation.number))]) }
    }

    /// - Throws: ``MariaDBError``, or ``DomainError`` when there is no generation yet.
    static func generations(on connection: MariaDBConnection) throws -> Generations {
        let rows = try connection.query(
            """
            SELECT active, number, state FROM mypage_generation LEFT JOIN mypage_generations ON TRUE
            """)
        guard let first = rows.first else { throw DomainError.notMigrated }
        var states: [Generation: Generations.State] = [:]
        for row in rows {
            guard let number = try row.int64OrNil(1), let state = Generations.State(rawValue: try row.string(2))
            else { continue }
            states[Generation(number: Int(number))] = state
        }
        return Generations(active: Generation(number: Int(try first.int64(0))), states: states)
    }

    static func create(
        _ generation: Generation, _ state: Generations.State, on connection: MariaDBConnection
    ) throws(MariaDBError) {
        try connection.script("CALL \(MypageProcedures.make)(\(generation.number))")
        try connection.execute(
            "INSERT IGNORE INTO mypage_generations (number, state) VALUES (?, ?)",
            [.int8(Int64(generation.number)), .text(state.rawValue)])
    }
}
