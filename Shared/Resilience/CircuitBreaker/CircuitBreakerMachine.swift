/// The rules of a circuit breaker, without clock, lock or call: what may go through, and what each end of a call means.
///
/// Each entry into a state is a generation. A permit carries the one it was given in, so that a call which began before
/// the breaker opened cannot close it again, nor fail it twice.
///
/// Source: M. Nygard, "Release It!", 2007; the sliding windows and thresholds as resilience4j documents them. Unlike
/// there, half-open ends as soon as its outcome is certain, and a probe that never reports gives its permit back.
struct CircuitBreakerMachine: Sendable {
    /// What a step brought about besides its answer; the driver tells the observer.
    struct Changes: Sendable {
        var transition: CircuitBreakerTransition?
        var lost = 0
    }

    enum Admission: Sendable {
        case permitted(CircuitBreakerPermit)
        case rejected(CircuitBreakerState, retryAfter: Duration)
    }

    let configuration: CircuitBreakerConfiguration
    private(set) var state = CircuitBreakerState.closed
    private var since: ContinuousClock.Instant
    private var openUntil: ContinuousClock.Instant
    private var window: CallWindow
    private var round = ProbeRound()
    private var totals = CallTotals()
    private var transitions = 0

    init(_ configuration: CircuitBreakerConfiguration, now: ContinuousClock.Instant) {
        self.configuration = configuration
        since = now
        openUntil = now
        window = CallWindow(configuration.window, now: now)
    }

    /// Asks to make a call.
    mutating func acquire(now: ContinuousClock.Instant) -> (Admission, Changes) {
        var changes = Changes()
        switch state {
        case .closed, .forcedClosed:
            return (.permitted(permit()), changes)
        case .forcedOpen:
            return (reject(retryAfter: configuration.openTime), changes)
        case .open:
            guard openUntil <= now else { return (reject(retryAfter: now.duration(to: openUntil)), changes) }
            changes.transition = enter(.halfOpen, .openTimeOver, now: now)
        case .halfOpen:
            changes.lost = dropLost(now: now)
        }
        guard let probe = round.begin(of: configuration.probes, lostAt: now + configuration.probeTimeout) else {
            return (reject(retryAfter: round.wait(now: now)), changes)
        }
        return (.permitted(permit(probe)), changes)
    }

    /// A call has ended and says something of the peer.
    ///
    /// - Parameter random: Drawn from only when the breaker opens.
    mutating func report(
        _ permit: CircuitBreakerPermit, _ mark: CallMark, now: ContinuousClock.Instant, random: RandomFraction
    ) -> (CallOutcome, Changes) {
        var changes = Changes()
        guard permit.generation == transitions else { return (count(.late), changes) }
        if let probe = permit.probe {
            changes.lost = dropLost(now: now)
            guard round.record(probe, mark) else { return (count(.late), changes) }
            changes.transition = judgeProbes(now: now, random)
        } else if state == .closed {
            window.record(mark, now: now)
            changes.transition = judgeWindow(now: now, random)
        }
        return (count(CallOutcome(mark)), changes)
    }

    /// A call has ended, or never began, and says nothing of the peer.
    mutating func giveBack(
        _ permit: CircuitBreakerPermit, as outcome: CallOutcome, now: ContinuousClock.Instant
    ) -> (CallOutcome, Changes) {
        var changes = Changes()
        guard permit.generation == transitions else { return (count(.late), changes) }
        if let probe = permit.probe {
            changes.lost = dropLost(now: now)
            guard round.giveBack(probe) else { return (count(.late), changes) }
        }
        return (count(outcome), changes)
    }

    /// An operator decides.
    mutating func set(_ mode: CircuitBreakerMode, now: ContinuousClock.Instant) -> Changes {
        let isForced = state == .forcedOpen || state == .forcedClosed
        switch mode {
        case .automatic where isForced: return Changes(transition: enter(.closed, .operator, now: now))
        case .forcedOpen where state != .forcedOpen:
            return Changes(transition: enter(.forcedOpen, .operator, now: now))
        case .forcedClosed where state != .forcedClosed:
            return Changes(transition: enter(.forcedClosed, .operator, now: now))
        default: return Changes()
        }
    }

    mutating func snapshot(now: ContinuousClock.Instant) -> (CircuitBreakerSnapshot, Changes) {
        let changes = Changes(lost: state == .halfOpen ? dropLost(now: now) : 0)
        let counts =
            switch state {
            case .closed: window.counts(now: now)
            case .halfOpen: round.counts
            default: WindowCounts()
            }
        let enough = state == .halfOpen ? configuration.probes : configuration.minimumCalls
        func rate(_ count: Int) -> Double? { counts.calls < enough ? nil : Double(count) * 100 / Double(counts.calls) }
        let snapshot = CircuitBreakerSnapshot(
            state: state, since: since, calls: counts.calls, failures: counts.failures, slowCalls: counts.slowCalls,
            failureRate: rate(counts.failures), slowCallRate: rate(counts.slowCalls),
            probesInFlight: round.inFlightCount, retryAfter: retryAfter(now: now), totals: totals.byOutcome,
            transitions: transitions)
        return (snapshot, changes)
    }

    private func retryAfter(now: ContinuousClock.Instant) -> Duration? {
        switch state {
        case .closed, .forcedClosed: nil
        case .open: max(.zero, now.duration(to: openUntil))
        case .forcedOpen: configuration.openTime
        case .halfOpen: round.isFull(configuration.probes) ? round.wait(now: now) : nil
        }
    }

    private func permit(_ probe: Int? = nil) -> CircuitBreakerPermit {
        CircuitBreakerPermit(generation: transitions, probe: probe)
    }

    private mutating func reject(retryAfter: Duration) -> Admission {
        count(.rejected)
        return .rejected(state, retryAfter: retryAfter)
    }

    @discardableResult
    private mutating func count(_ outcome: CallOutcome, _ number: Int = 1) -> CallOutcome {
        totals.add(outcome, number)
        return outcome
    }

    private mutating func dropLost(now: ContinuousClock.Instant) -> Int {
        let lost = round.dropLost(now: now)
        count(.lost, lost)
        return lost
    }

    private mutating func judgeWindow(
        now: ContinuousClock.Instant, _ random: RandomFraction
    ) -> CircuitBreakerTransition? {
        let counts = window.counts(now: now)
        guard counts.calls >= configuration.minimumCalls else { return nil }
        func reaches(_ count: Int, _ threshold: Double) -> Bool {
            Double(count) * 100 >= threshold * Double(counts.calls)
        }
        if reaches(counts.failures, configuration.failureRateThreshold) { return open(.failureRate, now, random) }
        if reaches(counts.slowCalls, configuration.slowCallRateThreshold) { return open(.slowCallRate, now, random) }
        return nil
    }

    private mutating func judgeProbes(
        now: ContinuousClock.Instant, _ random: RandomFraction
    ) -> CircuitBreakerTransition? {
        switch round.verdict(configuration) {
        case .undecided: nil
        case .passed: enter(.closed, .probesPassed, now: now)
        case .failed: open(.probesFailed, now, random)
        }
    }

    private mutating func open(
        _ reason: CircuitBreakerTransition.Reason, _ now: ContinuousClock.Instant, _ random: RandomFraction
    ) -> CircuitBreakerTransition {
        openUntil = now + configuration.openTime * (1 + configuration.openTimeJitter * (2 * random() - 1))
        return enter(.open, reason, now: now)
    }

    private mutating func enter(
        _ next: CircuitBreakerState, _ reason: CircuitBreakerTransition.Reason, now: ContinuousClock.Instant
    ) -> CircuitBreakerTransition {
        transitions += 1
        let transition = CircuitBreakerTransition(from: state, to: next, reason: reason, number: transitions)
        state = next
        since = now
        window.removeAll()
        round = ProbeRound()
        return transition
    }
}
