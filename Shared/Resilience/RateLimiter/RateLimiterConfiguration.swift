/// How fast a ``RateLimiter`` lets calls through. Checked when it is made.
public struct RateLimiterConfiguration: Sendable, Hashable {
    /// Tokens a second, in the long run.
    public let rate: Double
    /// Tokens that a limiter holds which nobody has used for a while: so many may go at once.
    public let burst: Int
    /// Who would have to wait longer is refused; zero refuses instead of waiting.
    public let maxWait: Duration

    /// - Throws: ``ConfigurationFault`` for the first field that is out of its bounds.
    public init(rate: Double, burst: Int = 1, maxWait: Duration = .zero) throws(ConfigurationFault) {
        try ConfigurationFault.check(
            rate >= 0.000_001 && rate <= 1_000_000_000, "rate", "must be from 0.000001 to 1000000000 a second")
        try ConfigurationFault.check((1...1_000_000).contains(burst), "burst", "must be from 1 to 1000000")
        try ConfigurationFault.check(maxWait >= .zero, "maxWait", "must not be negative")
        self.rate = rate
        self.burst = burst
        self.maxWait = maxWait
    }
}
