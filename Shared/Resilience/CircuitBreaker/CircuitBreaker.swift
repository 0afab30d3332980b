import Synchronization

/// Stops calling a peer that fails or is slow, and finds out with a few probes when it is back.
///
/// - Errors: ``CallNotPermitted`` instead of a call; otherwise what the call throws.
/// - Cancellation: a call whose task is cancelled counts as nothing, and a probe's permit goes back.
///
/// One breaker guards one peer within one process: with four replicas the peer sees four times the probes.
public final class CircuitBreaker: Sendable {
    public let name: String
    public let configuration: CircuitBreakerConfiguration
    private let machine: Mutex<CircuitBreakerMachine>
    private let records: @Sendable (any Error) -> Bool
    private let ignores: @Sendable (any Error) -> Bool
    private let observer: (any CircuitBreakerObserver)?
    private let clock: any MonotonicClock
    private let random: RandomFraction

    /// - Parameters:
    ///   - records: Which errors are failures; the others count as successes, since the peer did answer.
    ///   - ignores: Which errors say nothing of the peer; asked before `records`.
    public init(
        name: String,
        configuration: CircuitBreakerConfiguration,
        records: @escaping @Sendable (any Error) -> Bool = { _ in true },
        ignores: @escaping @Sendable (any Error) -> Bool = { _ in false },
        observer: (any CircuitBreakerObserver)? = nil,
        clock: any MonotonicClock = ContinuousClock(),
        random: @escaping RandomFraction = { .random(in: 0...1) }
    ) {
        self.name = name
        self.configuration = configuration
        machine = Mutex(CircuitBreakerMachine(configuration, now: clock.now))
        self.records = records
        self.ignores = ignores
        self.observer = observer
        self.clock = clock
        self.random = random
    }

    /// Makes the call if it is permitted, and reports how it ended.
    ///
    /// - Parameter verdict: Judges a value that the call returns, such as an answer with status 500.
    public nonisolated(nonsending) func run<Value>(
        verdict: (Value) -> CallVerdict = { _ in .success }, _ operation: () async throws -> Value
    ) async throws -> Value {
        let start = clock.now
        let permit = try acquire(now: start)
        do {
            let value = try await operation()
            report(permit, verdict(value), from: start, to: clock.now)
            return value
        } catch {
            let end = clock.now
            if Task.isCancelled || error is CancellationError {
                giveBack(permit, now: end)
            } else {
                report(permit, self.verdict(of: error), from: start, to: end)
            }
            throw error
        }
    }

    /// Asks to make a call; for those who cannot hand it over as a closure.
    ///
    /// A permit that is neither reported nor given back is one of a probe at worst, and then lost after
    /// ``CircuitBreakerConfiguration/probeTimeout``.
    public func acquire() throws(CallNotPermitted) -> CircuitBreakerPermit { try acquire(now: clock.now) }

    /// The call has ended.
    public func report(_ permit: CircuitBreakerPermit, _ verdict: CallVerdict, duration: Duration) {
        let end = clock.now
        report(permit, verdict, from: end - duration, to: end)
    }

    /// The call never began, or its caller went away.
    public func giveBack(_ permit: CircuitBreakerPermit) { giveBack(permit, now: clock.now) }

    /// An operator decides; setting the mode that is set already changes nothing.
    public func set(_ mode: CircuitBreakerMode) {
        let now = clock.now
        let changes = machine.withLock { $0.set(mode, now: now) }
        tell(changes)
    }

    /// The breaker as it stands. Reading it moves nothing but probes that are overdue.
    public var snapshot: CircuitBreakerSnapshot {
        let now = clock.now
        let (snapshot, changes) = machine.withLock { $0.snapshot(now: now) }
        tell(changes)
        return snapshot
    }

    /// What the predicates make of an error.
    func verdict(of error: any Error) -> CallVerdict {
        if ignores(error) { return .ignored }
        return records(error) ? .failure : .success
    }

    func acquire(now: ContinuousClock.Instant) throws(CallNotPermitted) -> CircuitBreakerPermit {
        let (admission, changes) = machine.withLock { $0.acquire(now: now) }
        tell(changes)
        switch admission {
        case .permitted(let permit): return permit
        case .rejected(let state, let wait):
            observer?.circuitBreaker(name, finished: .rejected, duration: nil)
            throw CallNotPermitted(breaker: name, state: state, retryAfter: wait)
        }
    }

    func report(
        _ permit: CircuitBreakerPermit, _ verdict: CallVerdict, from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) {
        let duration = start.duration(to: end)
        guard verdict != .ignored else { return giveBack(permit, as: .ignored, now: end, duration: duration) }
        var mark: CallMark = verdict == .failure ? .failure : []
        if duration > configuration.slowCallDuration { mark.insert(.slow) }
        let (outcome, changes) = machine.withLock { $0.report(permit, mark, now: end, random: random) }
        observer?.circuitBreaker(name, finished: outcome, duration: duration)
        tell(changes)
    }

    func giveBack(
        _ permit: CircuitBreakerPermit, as outcome: CallOutcome = .cancelled, now: ContinuousClock.Instant,
        duration: Duration? = nil
    ) {
        let (counted, changes) = machine.withLock { $0.giveBack(permit, as: outcome, now: now) }
        observer?.circuitBreaker(name, finished: counted, duration: duration)
        tell(changes)
    }

    private func tell(_ changes: CircuitBreakerMachine.Changes) {
        guard let observer else { return }
        for _ in 0..<changes.lost { observer.circuitBreaker(name, finished: .lost, duration: nil) }
        if let transition = changes.transition { observer.circuitBreaker(name, changed: transition) }
    }
}
