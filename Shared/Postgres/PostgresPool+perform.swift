import WorkerThreads

extension PostgresPool {
    /// Hands `job` a connection on one of the pool's threads, or the reason why there is none; returns at once.
    ///
    /// For a ``Coalescer``, whose callers wait elsewhere. A transaction that `job` leaves open is rolled back.
    public func perform(_ job: @escaping @Sendable (Result<PostgresConnection, any Error>) -> Void) {
        let (waiting, asked) = (waiting, ContinuousClock.now)
        queue.record(threads.queueDepth)
        threads.perform(
            { slot in
                waiting.recordNanoseconds((ContinuousClock.now - asked).nanoseconds)
                do {
                    try slot.use { job(.success($0)) }
                } catch {
                    job(.failure(error))
                }
            },
            refused: { error in
                job(.failure((error as? WorkerThreadsError).map(PostgresError.init) ?? error))
            }
        )
    }
}
