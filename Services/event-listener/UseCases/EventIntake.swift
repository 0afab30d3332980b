import Contracts
import Synchronization
import WorkerThreads

/// Takes events, gathers them as ``BatchMachine`` says, writes them, and tells each caller what became of its own.
///
/// It never blocks a caller: the writing happens on the store's thread, one batch at a time. What the store cannot take
/// goes to the recovery log. `Receipt` is what a caller left to be answered with.
final class EventIntake<Receipt: Sendable>: Sendable {
    typealias Clock = ContinuousClock
    typealias Batch = EventBuffer<Receipt, Clock.Instant>.Batch

    struct State: Sendable {
        var machine: BatchMachine<Clock.Instant>
        var buffer: EventBuffer<Receipt, Clock.Instant>
        var cohort = CallerCohort()
        /// When the machine wants to be asked again.
        var deadline: Clock.Instant?
        /// Since when the store does not take events.
        var awaySince: Clock.Instant?
        /// Accepted without a waiting caller, and taken by neither store nor recovery log so far.
        var held = Batch()
        var lastFlush: FlushReport?
    }

    let state: Mutex<State>
    let bell = CohortBell()
    let store: any EventStore
    let recovery: any RecoveryJournal
    let policy: StoreDownPolicy
    let metrics: IntakeMetrics
    let answer: @Sendable ([(Receipt, Outcome)]) -> Void
    /// Yields when there is a deadline where there was none.
    let activity: AsyncStream<Void>
    private let activitySource: AsyncStream<Void>.Continuation

    init(
        limits: BatchLimits, store: any EventStore, recovery: any RecoveryJournal, policy: StoreDownPolicy,
        metrics: IntakeMetrics = IntakeMetrics(), answer: @escaping @Sendable ([(Receipt, Outcome)]) -> Void
    ) {
        state = Mutex(State(machine: BatchMachine(limits: limits), buffer: EventBuffer(limits: limits)))
        self.store = store
        self.recovery = recovery
        self.policy = policy
        self.metrics = metrics
        self.answer = answer
        (activity, activitySource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes all of the events or none.
    ///
    /// - Parameter mayLog: Whether the recovery log will do for them.
    /// - Throws: Why it cannot take them now.
    func submit(_ events: [(event: Event, receipt: Receipt?)], mayLog: Bool = true) throws(StoreFailure) {
        let bytes = events.reduce(0) { $0 + $1.event.size }
        let now = Clock.now
        let (failure, cause, rings) = state.withLock {
            state -> (StoreFailure?, FlushCause?, Int) in
            if state.awaySince != nil {
                if policy == .refuse || !mayLog { return (.storeUnavailable, nil, 0) }
                if !recovery.hasRoom { return (.recoveryLogFull, nil, 0) }
            }
            guard state.buffer.hasRoom(events: events.count, bytes: bytes) else { return (.bufferFull, nil, 0) }
            for (event, receipt) in events {
                state.buffer.append(event, .init(receipt: receipt, mayLog: mayLog, arrivedAt: now, size: event.size))
            }
            return (nil, advance(&state, .arrived, now), state.cohort.callerCame(waiting: state.buffer.level.awaited))
        }
        bell.ring(rings)
        if let cause { startFlush(cause) }
        if let failure { throw failure }
    }

    /// Asks the machine again, because time has passed.
    func tick() {
        let cause = state.withLock { advance(&$0, .timer, Clock.now) }
        if let cause { startFlush(cause) }
    }

    /// From now on everything is written at once.
    func stop() {
        let cause = state.withLock { advance(&$0, .stop, Clock.now) }
        if let cause { startFlush(cause) }
    }

    /// The store does not take events, as far as a look at it tells.
    func storeIsAway() { state.withLock { $0.awaySince = $0.awaySince ?? Clock.now } }

    /// The store takes events again, as far as a look at it tells.
    func storeIsBack() {
        let held = state.withLock { state in
            state.awaySince = nil
            defer { state.held = Batch() }
            return state.held
        }
        putBack(held)
    }

    /// Tries once more to bring to the recovery log what could not be kept anywhere.
    func retryHeld() {
        let held = state.withLock { state in
            defer { state.held = Batch() }
            return state.held
        }
        guard !held.isEmpty else { return }
        guard recovery.append(held.events) else {
            return state.withLock { state in
                var all = held
                all.append(state.held)
                state.held = all
            }
        }
        metrics.logged.increment(by: held.count)
        release(events: held.count, bytes: held.bytes)
    }

    private func putBack(_ batch: Batch) {
        guard !batch.isEmpty else { return }
        let cause = state.withLock { state in
            state.buffer.release(events: batch.count, bytes: batch.bytes)
            for (event, ticket) in zip(batch.events, batch.tickets) { state.buffer.append(event, ticket) }
            // They are older than what is queued: the time that was asked for says nothing of them.
            return advance(&state, .timer, Clock.now)
        }
        if let cause { startFlush(cause) }
    }

    func release(events: Int, bytes: Int) {
        state.withLock { $0.buffer.release(events: events, bytes: bytes) }
    }

    /// Tells the machine what happened; returns why a flush is to begin, if one is.
    func advance(
        _ state: inout State, _ input: BatchMachine<Clock.Instant>.Input, _ now: Clock.Instant
    ) -> FlushCause? {
        switch state.machine.handle(input, level: state.buffer.level, now: now) {
        case .none: state.deadline = nil
        case .stay: break
        case .wake(let deadline):
            if state.deadline == nil { activitySource.yield() }
            state.deadline = deadline
        case .flush(let cause):
            state.deadline = nil
            return cause
        }
        return nil
    }
}

extension EventIntake {
    /// When ``tick()`` is due.
    var deadline: Clock.Instant? { state.withLock { $0.deadline } }
    /// Events that were accepted and are neither stored nor logged nor refused yet.
    var unsaved: Int { state.withLock { $0.buffer.events } }
    var isAway: Bool { state.withLock { $0.awaySince != nil } }

    /// What `GET /buffer` and the metrics tell.
    var status: IntakeStatus {
        let now = Clock.now
        return state.withLock { state in
            IntakeStatus(
                state: state.machine.state.rawValue, events: state.buffer.events, bytes: state.buffer.bytes,
                oldestAge: (state.held.tickets.first?.arrivedAt ?? state.buffer.oldest).map { $0.duration(to: now) }
                    ?? .zero,
                storeAwayFor: state.awaySince.map { $0.duration(to: now) }, held: state.held.count,
                lastFlush: state.lastFlush)
        }
    }
}
