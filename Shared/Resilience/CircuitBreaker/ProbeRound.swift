/// The probes of one half-open time: so many permits, and the judgement of what they report.
struct ProbeRound: Sendable {
    /// What the reports so far amount to.
    enum Verdict { case undecided, passed, failed }

    private(set) var counts = WindowCounts()
    /// In the order they began, so the first is the first to be lost.
    private var inFlight: [(id: Int, lostAt: ContinuousClock.Instant)] = []
    private var nextID = 0

    var inFlightCount: Int { inFlight.count }

    /// Whether every permit is given or used.
    func isFull(_ limit: Int) -> Bool { counts.calls + inFlight.count >= limit }

    /// The next probe's number, or `nil` when all permits are given or used.
    mutating func begin(of limit: Int, lostAt: ContinuousClock.Instant) -> Int? {
        guard !isFull(limit) else { return nil }
        nextID += 1
        inFlight.append((nextID, lostAt))
        return nextID
    }

    /// A probe reports; `false` if it was lost before.
    mutating func record(_ id: Int, _ mark: CallMark) -> Bool {
        guard giveBack(id) else { return false }
        counts.add(mark)
        return true
    }

    /// A probe's permit goes back; `false` if it was lost before.
    mutating func giveBack(_ id: Int) -> Bool {
        guard let index = inFlight.firstIndex(where: { $0.id == id }) else { return false }
        inFlight.remove(at: index)
        return true
    }

    /// Gives back the permits of probes that are overdue, and returns how many those are.
    mutating func dropLost(now: ContinuousClock.Instant) -> Int {
        var count = 0
        while let first = inFlight.first, first.lostAt <= now {
            inFlight.removeFirst()
            count += 1
        }
        return count
    }

    /// How long until the oldest probe is lost, if it does not report.
    func wait(now: ContinuousClock.Instant) -> Duration {
        inFlight.first.map { now.duration(to: $0.lostAt) } ?? .zero
    }

    /// Decided as soon as the probes that are left cannot change it.
    func verdict(_ configuration: CircuitBreakerConfiguration) -> Verdict {
        let left = configuration.probes - counts.calls
        let rates = [
            (counts.failures, configuration.failureRateThreshold),
            (counts.slowCalls, configuration.slowCallRateThreshold),
        ]
        func reaches(_ count: Int, _ threshold: Double) -> Bool {
            Double(count) * 100 >= threshold * Double(configuration.probes)
        }
        if rates.contains(where: { reaches($0.0, $0.1) }) { return .failed }
        return rates.contains { reaches($0.0 + left, $0.1) } ? .undecided : .passed
    }
}
