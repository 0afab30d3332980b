/// Lets one of a kind through in each interval and counts the others.
struct LogThrottle {
    private var last: ContinuousClock.Instant?
    private var suppressed = 0
    private let interval: Duration

    init(interval: Duration) { self.interval = interval }

    /// How many were held back since the last that passed, if this one may pass; else `nil`.
    mutating func admit(now: ContinuousClock.Instant) -> Int? {
        if let last, now - last < interval {
            suppressed += 1
            return nil
        }
        defer { suppressed = 0 }
        last = now
        return suppressed
    }
}
