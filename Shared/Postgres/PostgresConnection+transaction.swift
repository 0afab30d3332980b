import CPostgres

extension PostgresConnection {
    /// Runs `body` between `BEGIN` and `COMMIT`; rolls back and throws on when it throws.
    ///
    /// An error that `body` swallowed does not commit half of it: the statement's error is thrown. When the connection
    /// is lost during `COMMIT`, the error's `isCommitAmbiguous` is true; a loss before it has certainly changed nothing.
    public func transaction<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        guard !isInTransaction else {
            throw PostgresError(.query, "a transaction is already open", sqlState: SQLState.activeTransaction)
        }
        pendingSignals = []
        try command("BEGIN", .none)
        let value: Value
        do {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        try commit()
        sendSignals()
        return value
    }

    /// Runs `body` in a savepoint of the open transaction; when it throws, what it did is undone and the error thrown on.
    public func savepoint<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        // Names may repeat: the innermost counts.
        try command("SAVEPOINT inner_step", .none)
        do {
            let value = try body(self)
            try throwIfFailed()
            try command("RELEASE SAVEPOINT inner_step", .none)
            return value
        } catch {
            _ = try? command("ROLLBACK TO SAVEPOINT inner_step; RELEASE SAVEPOINT inner_step", .none)
            throw error
        }
    }

    /// Leaves a transaction, if one is open; a connection on which that fails is lost and the server rolls back.
    func rollBack() {
        guard isInTransaction else { return }
        do {
            try command("ROLLBACK", .none)
        } catch {
            _ = lose(.none, "rolling back failed")
        }
    }

    private func commit() throws {
        try throwIfLost()
        // Found here, a loss is not ambiguous.
        guard handle.receiveWaiting() else { throw lose(.none, handle.message) }
        do {
            try throwIfFailed()
        } catch {
            rollBack()
            throw error
        }
        try command("COMMIT", .atCommandComplete)
    }

    /// Throws the error that made the open transaction fail, if one did.
    private func throwIfFailed() throws {
        guard PQtransactionStatus(handle.pointer) == PQTRANS_INERROR else { return }
        throw lastFailure ?? PostgresError(.query, "the transaction has failed", sqlState: SQLState.failedTransaction)
    }
}
