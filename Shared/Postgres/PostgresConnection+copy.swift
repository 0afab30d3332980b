import CPostgres

extension PostgresConnection {
    /// Writes rows into tables with binary `COPY`, the fastest way there is.
    ///
    /// All copies together are one transaction: outside of an open one they are committed when this returns, and when it
    /// throws none of them has taken effect, unless the error's `isCommitAmbiguous` says that nobody knows. They travel as
    /// one request, so that each costs half a round trip.
    ///
    /// - Returns: How many rows each copy wrote.
    /// - Throws: ``PostgresError``, or what a `write` threw. Apart from a loss the connection can be used on.
    @discardableResult
    public func copy(_ copies: [PostgresCopy]) throws -> [Int] {
        let commitPoint: CommitPoint
        var (waiting, counts, failure, own) = (copies[...], [Int](), PostgresError?.none, (any Error)?.none)
        func feed(_ copy: PostgresCopy) throws {
            do {
                try send(copy, commitPoint)
            } catch let error where isAlive {
                own = own ?? error
                try end(failed: true, commitPoint)
            }
        }
        if let opened = openedCopy, copies.map(\.sql) == [opened.sql] {
            commitPoint = opened.commitPoint
            openedCopy = nil
            try feed(waiting.removeFirst())
        } else {
            commitPoint = try ask(for: copies)
        }
        while true {
            guard handle.waitForResult(until: answerDeadline) else { throw lose(commitPoint, "no answer in time") }
            guard let pointer = PQgetResult(handle.pointer) else { break }
            let result = ResultHandle(owning: pointer)
            switch result.status {
            case PGRES_COPY_IN:
                guard let next = waiting.popFirst() else { throw lose(.none, "a COPY that nobody asked for") }
                try feed(next)
            case PGRES_COMMAND_OK: counts.append(result.affectedRows)
            default: failure = failure ?? result.error
            }
        }
        guard handle.isOpen, failure?.isConnectionLost != true else {
            throw lose(commitPoint, handle.message, cause: failure)
        }
        if let failure { lastFailure = failure }
        if let error = own ?? failure { throw error }
        return counts
    }

    /// Asks for a copy whose rows are to come in a moment, so that the server is ready for them: one round trip less when
    /// they are there. Its rows do not matter here.
    ///
    /// A ``copy(_:)`` of the same table and columns goes on with it; any other call closes it first, without rows. It must
    /// not be left open: it holds the table's lock.
    ///
    /// - Throws: ``PostgresError``, also in a transaction; then nothing is open.
    public func openCopy(_ copy: PostgresCopy) throws {
        guard !isInTransaction else {
            throw PostgresError(.query, "a transaction is open", sqlState: SQLState.activeTransaction)
        }
        let commitPoint = try ask(for: [copy])
        var failure: PostgresError?
        while true {
            guard handle.waitForResult(until: answerDeadline) else { throw lose(.none, "no answer in time") }
            guard let pointer = PQgetResult(handle.pointer) else { break }
            let result = ResultHandle(owning: pointer)
            if result.status == PGRES_COPY_IN {
                openedCopy = (copy.sql, commitPoint)
                return
            }
            failure = failure ?? result.error
        }
        throw failure ?? lose(.none, handle.message)
    }

    /// Ends a copy that was opened for rows that did not come.
    public func closeCopy() throws {
        guard let opened = openedCopy else { return }
        try copy([PostgresCopy(sql: opened.sql, columns: 0, write: { _ in })])
    }

    /// - Returns: Where the copies are committed.
    private func ask(for copies: [PostgresCopy]) throws -> CommitPoint {
        try beginCall()
        let commitPoint: CommitPoint = isInTransaction ? .none : .atReadyForQuery
        guard PQsendQuery(handle.pointer, copies.map(\.sql).joined(separator: ";")) == 1 else {
            throw lose(.none, handle.message)
        }
        return commitPoint
    }

    private func send(_ copy: PostgresCopy, _ commitPoint: CommitPoint) throws {
        let writer = PostgresCopyWriter(columns: copy.columns) { [self] bytes in
            guard handle.putCopyData(bytes, until: answerDeadline) else { throw lose(commitPoint, handle.message) }
        }
        try copy.write(writer)
        try writer.finish()
        try end(failed: false, commitPoint)
    }

    private func end(failed: Bool, _ commitPoint: CommitPoint) throws {
        let code = failed ? PQputCopyEnd(handle.pointer, "given up") : PQputCopyEnd(handle.pointer, nil)
        guard code == 1 else { throw lose(commitPoint, handle.message) }
    }

    private var answerDeadline: ContinuousClock.Instant? { answerTimeout.map { .now + $0 } }
}
