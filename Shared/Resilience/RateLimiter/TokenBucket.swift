/// A token bucket as one instant: when it will be full again.
///
/// Source: the generic cell rate algorithm, ITU-T I.371 annex A (virtual scheduling).
struct TokenBucket: Sendable {
    enum Reservation: Sendable, Hashable {
        /// The tokens are taken; they are good after this wait.
        case granted(wait: Duration)
        /// None was taken; the same would be granted after this time.
        case refused(retryAfter: Duration)
    }

    private let configuration: RateLimiterConfiguration
    /// Until the bucket holds one token more.
    private let interval: Duration
    private var fullAt: ContinuousClock.Instant

    init(_ configuration: RateLimiterConfiguration, now: ContinuousClock.Instant) {
        self.configuration = configuration
        interval = .seconds(1) / configuration.rate
        fullAt = now
    }

    mutating func reserve(_ count: Int, now: ContinuousClock.Instant) -> Reservation {
        let fullAfter = max(fullAt, now) + interval * count
        let wait = max(.zero, now.duration(to: fullAfter) - interval * configuration.burst)
        guard wait <= configuration.maxWait else { return .refused(retryAfter: wait - configuration.maxWait) }
        fullAt = fullAfter
        return .granted(wait: wait)
    }
}
