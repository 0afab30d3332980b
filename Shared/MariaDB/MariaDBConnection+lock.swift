extension MariaDBConnection {
    /// Runs `body` while holding the named lock of this database, which ends with the session at the latest.
    ///
    /// - Throws: ``MariaDBError`` with code `migration` if someone else kept the lock for longer than `patience`.
    public func withLock<Value>(
        _ name: String, patience: Duration, _ body: () throws(MariaDBError) -> Value
    ) throws(MariaDBError) -> Value {
        let deadline = ContinuousClock.now.advanced(by: patience)
        // Short waits, so that neither the statement's nor the socket's time-out is ever met.
        while try query("SELECT GET_LOCK(CONCAT(DATABASE(), '.', ?), 1)", [.text(name)]).first?.int64OrNil(0) != 1 {
            guard ContinuousClock.now < deadline else {
                throw MariaDBError(.migration, summary: "another process holds the lock \(name)")
            }
        }
        let value: Value
        do {
            value = try body()
        } catch {
            releaseLock(name)
            throw error
        }
        releaseLock(name)
        return value
    }

    private func releaseLock(_ name: String) {
        // A failure means that the session is gone, and the lock with it.
        _ = try? query("SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.', ?))", [.text(name)])
    }
}
