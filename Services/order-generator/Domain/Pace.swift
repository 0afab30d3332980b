/// How many orders are due, so that over any time there are as many as the rate says.
struct Pace {
    /// More than this at once is never due: what a pause of the process held up is written in pieces.
    private static let burst = 10_000
    /// How often the file is written to at high rates.
    private static let tick: Duration = .milliseconds(10)

    private let rate: Double
    private var start: ContinuousClock.Instant
    private var written = 0

    init(rate: Double, start: ContinuousClock.Instant) {
        self.rate = rate
        self.start = start
    }

    /// Orders to write now; they count as written.
    mutating func due(at now: ContinuousClock.Instant) -> Int {
        guard rate > 0 else { return Self.burst }
        let target = Int(start.duration(to: now) / .seconds(1) * rate) + 1
        // A process that was stopped does not make up for it: the rate is what it is.
        if target - written > max(Self.burst, Int(rate * 2)) {
            start = now
            written = 0
            return 1
        }
        let due = min(max(target - written, 0), Self.burst)
        written += due
        return due
    }

    /// How long to wait for the next order; `nil` when it is due.
    func pause(at now: ContinuousClock.Instant) -> Duration? {
        guard rate > 0 else { return nil }
        let next = start + .seconds(1) * (Double(written) / rate)
        return next > now ? min(max(now.duration(to: next), Self.tick), .milliseconds(200)) : nil
    }
}
