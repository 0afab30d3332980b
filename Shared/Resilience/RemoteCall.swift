/// How this process calls one peer: deadline → circuit breaker → bulkhead → call, each optional.
///
/// - The deadline holds for everything within, the waiting for a place included.
/// - The breaker learns only of calls that began: what found no place, or no time, says nothing of the peer. A call that
///   was under way at the deadline is a failure. Its time runs from its beginning, not from its waiting.
/// - A caller that goes away leaves no trace in the window, and a probe's permit goes back.
///
/// Errors: ``CallNotPermitted``, ``BulkheadFull``, ``DeadlineExceeded``; otherwise what the call throws.
public struct RemoteCall: Sendable {
    /// A call that began, from beginning to end.
    private struct Attempt<Value: Sendable>: Sendable {
        let began: ContinuousClock.Instant
        let ended: ContinuousClock.Instant
        let result: Result<Value, any Error>
    }

    public let deadline: Duration?
    public let breaker: CircuitBreaker?
    public let bulkhead: Bulkhead?
    private let clock: any MonotonicClock

    /// - Parameter clock: The one that the breaker and the bulkhead have.
    public init(
        deadline: Duration? = nil, breaker: CircuitBreaker? = nil, bulkhead: Bulkhead? = nil,
        clock: any MonotonicClock = ContinuousClock()
    ) {
        self.deadline = deadline
        self.breaker = breaker
        self.bulkhead = bulkhead
        self.clock = clock
    }

    /// Makes the call.
    ///
    /// - Parameter verdict: Judges a value that the call returns, such as an answer with status 500.
    public func run<Value: Sendable>(
        verdict: @Sendable (Value) -> CallVerdict = { _ in .success },
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let start = clock.now
        // The breaker never waits, so it is asked before the timer is set: a refusal costs no timer.
        let permit = try breaker?.acquire(now: start)
        let attempt: Attempt<Value>
        do {
            attempt = try await attemptInTime(from: start, operation)
        } catch {
            if let permit { breaker?.giveBack(permit, now: clock.now) }
            guard let exceeded = error as? DeadlineExceeded else { throw error }
            throw DeadlineExceeded(limit: exceeded.limit, operationBegan: false)
        }
        return try settle(attempt, permit, from: start, verdict)
    }

    /// Throws only if the call never began: an attempt is a value, whatever its result.
    private func attemptInTime<Value: Sendable>(
        from start: ContinuousClock.Instant, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Attempt<Value> {
        let attempt: @Sendable () async throws -> Attempt<Value> = { [bulkhead, clock] in
            guard let bulkhead else { return await Self.attempt(operation, clock) }
            return try await bulkhead.run { await Self.attempt(operation, clock) }
        }
        guard let deadline else { return try await attempt() }
        return try await Deadline.run(within: deadline, until: start + deadline, clock: clock, attempt)
    }

    private static func attempt<Value: Sendable>(
        _ operation: @Sendable () async throws -> Value, _ clock: any MonotonicClock
    ) async -> Attempt<Value> {
        let began = clock.now
        let result: Result<Value, any Error>
        do { result = .success(try await operation()) } catch { result = .failure(error) }
        return Attempt(began: began, ended: clock.now, result: result)
    }

    private func settle<Value: Sendable>(
        _ attempt: Attempt<Value>, _ permit: CircuitBreakerPermit?, from start: ContinuousClock.Instant,
        _ verdict: (Value) -> CallVerdict
    ) throws -> Value {
        func report(_ verdict: CallVerdict) {
            if let permit { breaker?.report(permit, verdict, from: attempt.began, to: attempt.ended) }
        }
        switch attempt.result {
        case .success(let value):
            report(verdict(value))
            return value
        case .failure(let error):
            if let deadline, start.duration(to: attempt.ended) >= deadline {
                report(.failure)
                throw DeadlineExceeded(limit: deadline, operationBegan: true)
            }
            if Task.isCancelled || error is CancellationError {
                if let permit { breaker?.giveBack(permit, now: attempt.ended) }
            } else if let breaker {
                report(breaker.verdict(of: error))
            }
            throw error
        }
    }
}
