import MariaDB

/// Lets one rebuild run at a time: a named lock that belongs to one session.
struct RebuildLock: Sendable {
    /// Of one connection.
    let pool: MariaDBPool

    /// Takes the lock if it is free.
    func take() async throws -> Bool {
        try await pool.run { connection in
            try connection.query("SELECT GET_LOCK(CONCAT(DATABASE(), '.rebuild'), 0)").first?.int64OrNil(0) == 1
        }
    }

    /// Whether the session that took it is still the pool's, and has it.
    func isHeld() async throws -> Bool {
        try await pool.run { connection in
            let sql = "SELECT COALESCE(IS_USED_LOCK(CONCAT(DATABASE(), '.rebuild')) = CONNECTION_ID(), FALSE)"
            return try connection.query(sql).first?.bool(0) ?? false
        }
    }
}
