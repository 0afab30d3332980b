extension PostgresPool {
    /// Runs `body` in a transaction, again after an error that a repetition can mend.
    ///
    /// Not repeated: an error that is not retriable, a commit of which nobody knows whether it took effect, and a full
    /// queue. `body` must have no effects outside the database.
    /// - Parameter retries: How many times more than once.
    public func transaction<Value: Sendable>(
        retries: Int = 3, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            do {
                return try await run { try $0.transaction(body) }
            } catch let error as PostgresError where attempt < retries && error.canRunAgain {
                try await Task.sleep(for: error.pause(attempt))
                attempt += 1
            }
        }
    }
}

extension PostgresError {
    fileprivate var canRunAgain: Bool { isRetriable && !isCommitAmbiguous && code != .queueFull }

    /// Competitors are out of the way within milliseconds, a server that restarts takes longer.
    fileprivate func pause(_ attempt: Int) -> Duration {
        let full = (isConnectionLost ? 100_000 : 10_000) << min(attempt, 4)
        return .microseconds(Int.random(in: full / 2...full))
    }
}
