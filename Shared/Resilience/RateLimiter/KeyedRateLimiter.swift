import Synchronization

/// A rate limit for each of many callers, in bounded memory.
///
/// A bucket that was not used for as long as it takes to fill is as good as a new one, so it is forgotten: buckets stand
/// in two generations, the older of which is dropped when the younger has reached that age. More callers than
/// ``maxKeys`` within that time share one bucket: under a flood of new ones memory stays bounded, known callers keep
/// their own.
///
/// - Errors: ``RateLimitExceeded``, with the time after which the same call would be let in.
public final class KeyedRateLimiter<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var young: [Key: TokenBucket] = [:]
        var old: [Key: TokenBucket] = [:]
        var shared: TokenBucket
        var since: ContinuousClock.Instant
    }

    public let configuration: RateLimiterConfiguration
    /// Callers with a bucket of their own, in each of the two generations.
    public let maxKeys: Int
    private let fillTime: Duration
    private let clock: any MonotonicClock
    private let state: Mutex<State>

    public init(
        configuration: RateLimiterConfiguration, maxKeys: Int = 50_000, clock: any MonotonicClock = ContinuousClock()
    ) {
        self.configuration = configuration
        self.maxKeys = maxKeys
        self.clock = clock
        fillTime = .seconds(1) / configuration.rate * configuration.burst
        let now = clock.now
        state = Mutex(State(shared: TokenBucket(configuration, now: now), since: now))
    }

    /// Takes a token of the caller's bucket, perhaps one that is still to come, and returns how long to wait.
    public func reserve(for key: Key) throws(RateLimitExceeded) -> Duration {
        let now = clock.now
        switch state.withLock({ reserve(key, &$0, now) }) {
        case .granted(let wait): return wait
        case .refused(let wait): throw RateLimitExceeded(retryAfter: wait)
        }
    }

    /// How many buckets are held.
    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func reserve(_ key: Key, _ state: inout State, _ now: ContinuousClock.Instant) -> TokenBucket.Reservation {
        if state.since.duration(to: now) >= fillTime {
            state.old = state.young
            state.young = [:]
            state.since = now
        }
        let known = state.young[key] ?? state.old.removeValue(forKey: key)
        guard known != nil || state.young.count < maxKeys else { return state.shared.reserve(1, now: now) }
        var bucket = known ?? TokenBucket(configuration, now: now)
        let reservation = bucket.reserve(1, now: now)
        state.young[key] = bucket
        return reservation
    }
}
