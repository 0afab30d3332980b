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
        try throwIfLost()
        let commitPoint: CommitPoint = isInTransaction ? .none : .atReadyForQuery
        guard PQsendQuery(handle.pointer, copies.map(\.sql).joined(separator: ";")) == 1 else {
            throw lose(.none, handle.message)
        }
        var (waiting, counts, failure, own) = (copies[...], [Int](), PostgresError?.none, (any Error)?.none)
        while true {
            guard handle.waitForResult(until: answerDeadline) else { throw lose(commitPoint, "no answer in time") }
            guard let pointer = PQgetResult(handle.pointer) else { break }
            let result = ResultHandle(owning: pointer)
            switch result.status {
            case PGRES_COPY_IN:
                guard let next = waiting.popFirst() else { throw lose(.none, "a COPY that nobody asked for") }
                do {
                    try send(next, commitPoint)
                } catch let error where isAlive {
                    own = own ?? error
                    try end(next, failed: true, commitPoint)
                }
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

    private func send(_ copy: PostgresCopy, _ commitPoint: CommitPoint) throws {
        let writer = PostgresCopyWriter(columns: copy.columns) { [self] bytes in
            guard handle.putCopyData(bytes, until: answerDeadline) else { throw lose(commitPoint, handle.message) }
        }
        try copy.write(writer)
        try writer.finish()
        try end(copy, failed: false, commitPoint)
    }

    private func end(_ copy: PostgresCopy, failed: Bool, _ commitPoint: CommitPoint) throws {
        let code = failed ? PQputCopyEnd(handle.pointer, "given up") : PQputCopyEnd(handle.pointer, nil)
        guard code == 1 else { throw lose(commitPoint, handle.message) }
    }

    private var answerDeadline: ContinuousClock.Instant? { answerTimeout.map { .now + $0 } }
}
