/// How often and when a call is repeated, as a value: so many attempts, a jittered pause between them, and an end.
///
/// A repeat must be harmless: the call is idempotent, or its errors tell that nothing was sent.
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; RFC 9110 section 10.2.3 (`Retry-After`).
public struct Retry: Sendable {
    /// Attempts in all, the first included.
    public let attempts: Int
    /// With the jitter of 1 that it has by default: full jitter.
    public let backoff: Backoff
    /// No attempt begins later than this after the first one began. It cuts none short: put a ``Deadline`` around.
    public let limit: Duration?
    /// A peer that asks for a longer pause is not asked again.
    public let maxRetryAfter: Duration
    private let retries: @Sendable (any Error) -> Bool

    /// - Parameters:
    ///   - retries: Which failures a repeat may mend; by default those that say so, see ``FailureClassifying``.
    ///     Cancellation is never repeated.
    /// - Throws: ``ConfigurationFault`` for the first field that is out of its bounds.
    public init(
        attempts: Int = 3, backoff: Backoff = Backoff(jitter: 1), within limit: Duration? = nil,
        maxRetryAfter: Duration = .seconds(60),
        retries: @escaping @Sendable (any Error) -> Bool = { error in
            (error as? any FailureClassifying).map { $0.failureKind != .permanent } ?? false
        }
    ) throws(ConfigurationFault) {
        try ConfigurationFault.check((1...1_000_000).contains(attempts), "attempts", "must be at least 1")
        try ConfigurationFault.check((limit ?? .zero) >= .zero, "limit", "must not be negative")
        try ConfigurationFault.check(maxRetryAfter >= .zero, "maxRetryAfter", "must not be negative")
        self.attempts = attempts
        self.backoff = backoff
        self.limit = limit
        self.maxRetryAfter = maxRetryAfter
        self.retries = retries
    }

    /// How long to wait before the next attempt, or `nil` to give up.
    ///
    /// - Parameters:
    ///   - attempt: The number of the one that failed; the first has number 1.
    ///   - elapsed: Since the first attempt began.
    ///   - fraction: Chance, from 0, the longest pause, to 1, the shortest. `Retry-After` is never undercut.
    public func pause(
        afterAttempt attempt: Int, failedWith error: any Error, elapsed: Duration, fraction: Double
    ) -> Duration? {
        guard attempt < attempts, !(error is CancellationError), retries(error) else { return nil }
        let asked = (error as? any RetryAfterCarrying)?.retryAfter ?? .zero
        guard asked <= maxRetryAfter else { return nil }
        let pause = max(asked, backoff.pause(afterAttempt: attempt, fraction: fraction))
        if let limit, elapsed + pause > limit { return nil }
        return pause
    }

    /// Runs `operation` until it succeeds or this value gives up.
    ///
    /// - Throws: what the last attempt threw; `CancellationError` when the task is cancelled in a pause.
    public nonisolated(nonsending) func run<Value>(
        clock: any MonotonicClock = ContinuousClock(), random: RandomFraction = { .random(in: 0...1) },
        _ operation: (_ attempt: Int) async throws -> Value
    ) async throws -> Value {
        let start = clock.now
        var attempt = 1
        while true {
            do {
                return try await operation(attempt)
            } catch {
                let elapsed = start.duration(to: clock.now)
                guard !Task.isCancelled,
                    let pause = pause(
                        afterAttempt: attempt, failedWith: error, elapsed: elapsed, fraction: random())
                else { throw error }
                try await clock.sleep(until: clock.now + pause, tolerance: nil)
                attempt += 1
            }
        }
    }
}
