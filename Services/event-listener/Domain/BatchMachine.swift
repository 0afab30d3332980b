/// Decides when what was gathered is written: the states `Idle`, `Active` and `Flushing` as a pure value.
///
/// It holds no events and no clock. The driver tells it what happened and how much is queued, and does what the answer
/// says. While a flush runs, the next batch gathers; at its end the queue is judged at once, so that no event ever waits
/// for another to come.
struct BatchMachine<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    enum State: String, Sendable { case idle = "Idle", active = "Active", flushing = "Flushing" }

    enum Input: Sendable {
        /// Events were queued.
        case arrived
        /// The time that was asked for has come; also taken when it has not.
        case timer
        /// The flush under way has ended, well or not.
        case flushed
        /// Everything that is queued goes out now, and whatever comes later at once.
        case stop
    }

    enum Action: Sendable, Hashable {
        case none
        /// Hand the queue to the writer.
        case flush(FlushCause)
        /// Come back with `timer` then, unless something happens before.
        case wake(Instant)
    }

    let limits: BatchLimits
    private(set) var state = State.idle
    private(set) var isStopping = false

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
        if let cause = cause(level, oldest: oldest, newest: newest, now: now) {
            state = .flushing
            return .flush(cause)
        }
        state = .active
        return .wake(min(newest.advanced(by: limits.idleFlush), oldest.advanced(by: limits.maxAge)))
    }

    private func cause(_ level: QueueLevel<Instant>, oldest: Instant, newest: Instant, now: Instant) -> FlushCause? {
        if isStopping { return .shutdown }
        if level.events >= limits.maxBatch { return .count }
        if level.bytes >= limits.maxBatchBytes { return .bytes }
        if level.awaited > 0 { return .caller }
        if oldest.advanced(by: limits.maxAge) <= now { return .age }
        if newest.advanced(by: limits.idleFlush) <= now { return .idle }
        return nil
    }
}
