/// Decides when what was gathered is written: the states `Idle`, `Active` and `Flushing` as a pure value.
///
/// It holds no events and no clock. The driver tells it what happened and how much is queued, and does what the answer
/// says. While a flush runs, the next batch gathers; at its end the queue is judged at once, so that no event ever waits
/// for another to come.
struct BatchMachine<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    enum State: String, Sendable { case idle = "Idle", active = "Active", flushing = "Flushing" }

    enum Input: Sendable {
        /// Events were queued that came just now.
        case arrived
        /// The time that was asked for has come, or the queue has changed in another way: judge it anew.
        case timer
        /// The flush under way has ended, well or not.
        case flushed
        /// Everything that is queued goes out now, and whatever comes later at once.
        case stop
    }

    enum Action: Sendable, Hashable {
        case none
        /// What was asked for last stands.
        case stay
        /// Hand the queue to the writer.
        case flush(FlushCause)
        /// Come back with `timer` then, unless something happens before.
        case wake(Instant)
    }

    let limits: BatchLimits
    private(set) var state = State.idle
    private(set) var isStopping = false
    /// While `Active`: when the oldest has waited long enough.
    private var latest: Instant?

    init(limits: BatchLimits) { self.limits = limits }

    mutating func handle(_ input: Input, level: QueueLevel<Instant>, now: Instant) -> Action {
        switch input {
        case .arrived, .timer: break
        case .flushed: state = .idle
        case .stop: isStopping = true
        }
        guard state != .flushing else { return .none }
        guard let oldest = level.oldest, let newest = level.newest, !level.isEmpty else {
            state = .idle
            return .none
        }
        if let cause = fullness(level) { return flush(cause) }
        // Nearly every event comes here. One more makes the queue idle only later than it was, and no older, so the time
        // that was asked for is early enough.
        if input == .arrived, state == .active, let latest { return latest <= now ? flush(.age) : .stay }
        let (latest, idle) = (oldest.advanced(by: limits.maxAge), newest.advanced(by: limits.idleFlush))
        if latest <= now { return flush(.age) }
        if idle <= now { return flush(.idle) }
        state = .active
        self.latest = latest
        return .wake(min(idle, latest))
    }

    private mutating func flush(_ cause: FlushCause) -> Action {
        state = .flushing
        return .flush(cause)
    }

    private func fullness(_ level: QueueLevel<Instant>) -> FlushCause? {
        if isStopping { return .shutdown }
        if level.events >= limits.maxBatch { return .count }
        if level.bytes >= limits.maxBatchBytes { return .bytes }
        if level.awaited > 0 { return .caller }
        return nil
    }
}
