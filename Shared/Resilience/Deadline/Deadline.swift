/// A bound on the time of a call.
///
/// Structured: at the deadline the call is cancelled and awaited, so nothing runs on behind the caller's back, and the
/// caller is answered as quickly as the call obeys. Requests of `HTTPClient` obey at once; do nothing under a deadline
/// that ignores cancellation.
public enum Deadline {
    private enum Turn<Value: Sendable>: Sendable {
        case ended(Result<Value, any Error>)
        case expired
        /// The timer was cancelled.
        case stopped
    }

    /// Runs `operation` and cancels it when `limit` is over.
    ///
    /// A value that is there in the end is returned even if it came late: what has happened is not denied.
    ///
    /// - Throws: ``DeadlineExceeded`` for whatever `operation` throws after its deadline; before, what it throws.
    /// - Cancellation: reaches `operation`, whose end decides.
    public static func run<Value: Sendable>(
        within limit: Duration, clock: any MonotonicClock = ContinuousClock(),
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await run(within: limit, until: clock.now + limit, clock: clock, operation)
    }

    static func run<Value: Sendable>(
        within limit: Duration, until deadline: ContinuousClock.Instant, clock: any MonotonicClock,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard limit > .zero else { throw DeadlineExceeded(limit: limit, operationBegan: false) }
        return try await withTaskGroup(of: Turn<Value>.self) { group in
            group.addTask {
                do { return .ended(.success(try await operation())) } catch { return .ended(.failure(error)) }
            }
            group.addTask {
                let isOver = (try? await clock.sleep(until: deadline, tolerance: nil)) != nil
                return isOver ? .expired : .stopped
            }
            return await result(of: &group, limit)
        }.get()
    }

    private static func result<Value: Sendable>(
        of group: inout TaskGroup<Turn<Value>>, _ limit: Duration
    ) async -> Result<Value, any Error> {
        var isExpired = false
        while let turn = await group.next() {
            switch turn {
            case .ended(let result):
                group.cancelAll()
                guard case .failure = result, isExpired else { return result }
                return .failure(DeadlineExceeded(limit: limit, operationBegan: true))
            case .expired:
                isExpired = true
                group.cancelAll()
            case .stopped: break
            }
        }
        preconditionFailure("a call under a deadline always ends")
    }
}
