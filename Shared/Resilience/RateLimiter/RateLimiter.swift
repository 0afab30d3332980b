import Synchronization

/// Lets so many calls a second through, and a burst of them after a rest.
///
/// - Errors: ``RateLimitExceeded`` when the wait would be longer than ``RateLimiterConfiguration/maxWait``.
/// - Cancellation: whoever is cancelled while it waits for its token has used it up; the rate is never exceeded.
public final class RateLimiter: Sendable {
    public let configuration: RateLimiterConfiguration
    private let clock: any MonotonicClock
    private let bucket: Mutex<TokenBucket>

    /// Begins full.
    public init(configuration: RateLimiterConfiguration, clock: any MonotonicClock = ContinuousClock()) {
        self.configuration = configuration
        self.clock = clock
        bucket = Mutex(TokenBucket(configuration, now: clock.now))
    }

    /// Takes tokens, perhaps some that are still to come, and returns how long to wait before going on.
    ///
    /// - Parameter count: From 1 to the burst.
    public func reserve(_ count: Int = 1) throws(RateLimitExceeded) -> Duration {
        precondition((1...configuration.burst).contains(count), "a reservation is of 1 token to a full bucket")
        let now = clock.now
        switch bucket.withLock({ $0.reserve(count, now: now) }) {
        case .granted(let wait): return wait
        case .refused(let wait): throw RateLimitExceeded(retryAfter: wait)
        }
    }

    /// Takes tokens and waits until they are good.
    public func acquire(_ count: Int = 1) async throws {
        let now = clock.now
        let wait = try reserve(count)
        if wait > .zero { try await clock.sleep(until: now + wait, tolerance: nil) }
    }
}
