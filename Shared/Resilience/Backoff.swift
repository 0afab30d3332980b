/// Exponential backoff with full jitter, as a value: the caller keeps the attempt number and does the waiting.
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct Backoff: Sendable, Hashable {
    /// Upper bound of the first pause.
    public var base: Duration
    /// Upper bound of every pause.
    public var limit: Duration
    /// What the bound is multiplied by after each attempt.
    public var factor: Double
    /// Share of the bound that is random: 1 draws from nothing to the bound, 0 always takes the bound.
    public var jitter: Double

    public init(
        base: Duration = .milliseconds(50), limit: Duration = .seconds(5), factor: Double = 2, jitter: Double = 0.5
    ) {
        self.base = base
        self.limit = limit
        self.factor = factor
        self.jitter = jitter
    }

    /// The pause before attempt `attempt + 1`, where the first attempt has number 1.
    public func pause(afterAttempt attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return pause(afterAttempt: attempt, using: &generator)
    }

    /// The same with a source of randomness that tests choose.
    public func pause(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        pause(afterAttempt: attempt, fraction: Double.random(in: 0...1, using: &generator))
    }

    /// The same with the chance already drawn.
    ///
    /// - Parameter fraction: From 0, the whole bound, to 1, the bound less all of its random share.
    public func pause(afterAttempt attempt: Int, fraction: Double) -> Duration {
        var bound = base
        for _ in 1..<max(attempt, 1) where bound < limit { bound = bound * factor }
        bound = min(bound, limit)
        return bound * (1 - jitter * fraction)
    }
}
