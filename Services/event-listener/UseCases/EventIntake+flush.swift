import Contracts
import WorkerThreads

extension EventIntake {
    /// Hands the queue to the writer; what arrives until the writer takes it goes with it.
    func startFlush(_ cause: BatchMachine<Clock.Instant>.Cause) {
        if isAway {
            store.performWithoutStore { [self] in flush(cause, nil) }
        } else {
            store.perform { [self] writer in flush(cause, writer) }
        }
    }

    /// - Parameter writer: `nil` while the store is away.
    private func flush(_ cause: BatchMachine<Clock.Instant>.Cause, _ writer: (any EventWriter)?) {
        if cause == .caller, writer != nil { awaitCohort() }
        let (batch, isAway) = state.withLock { ($0.buffer.take(), $0.awaySince != nil) }
        let start = Clock.now
        if !batch.isEmpty {
            var outcomes: [Outcome]?
            if let writer, !isAway {
                do {
                    outcomes = try writer.write(batch.map(\.event))
                } catch {
                    state.withLock { $0.awaySince = $0.awaySince ?? start }
                    metrics.storeFailed(error)
                }
            }
            settle(batch, outcomes ?? keepElsewhere(batch))
        }
        let took = start.duration(to: Clock.now)
        let answered = batch.count { $0.receipt != nil }
        if !batch.isEmpty { metrics.flushed(cause.rawValue, events: batch.count, took: took) }
        let next = state.withLock { state -> BatchMachine<Clock.Instant>.Cause? in
            if !batch.isEmpty { state.lastFlush = FlushReport(cause.rawValue, events: batch.count, took: took) }
            state.cohort.batchEnded(answered: answered, waiting: state.buffer.level.awaited)
            return advance(&state, .flushed, Clock.now)
        }
        // A new turn in the store's queue: a connection that was lost with this batch is replaced before the next.
        if let next { startFlush(next) }
    }

    /// Lets those come along who were just answered; the store's thread has nothing else to do.
    private func awaitCohort() {
        guard state.withLock({ $0.cohort.batchBegins(waiting: $0.buffer.level.awaited) }) else { return }
        bell.wait { state.withLock { $0.cohort.batchGivesUp() } }
    }

    /// What becomes of events that the store does not take now.
    private func keepElsewhere(_ batch: [Entry]) -> [Outcome] {
        // Somebody waits for these and can be told; those that were accepted already must be kept in any case.
        let isLogged = batch.map { $0.mayLog && (policy == .log || $0.receipt == nil) }
        let events = zip(batch, isLogged).filter(\.1).map(\.0.event)
        let isSafe = recovery.append(events)
        return isLogged.map { isLogged in
            isLogged ? isSafe ? .logged : .failed(.recoveryLogFull) : .failed(.storeUnavailable)
        }
    }

    private func settle(_ batch: [Entry], _ outcomes: [Outcome]) {
        var answers: [(Receipt, Outcome)] = []
        answers.reserveCapacity(batch.count)
        var (held, done): ([Entry], [Entry]) = ([], [])
        for (entry, outcome) in zip(batch, outcomes) {
            if let receipt = entry.receipt { answers.append((receipt, outcome)) }
            if entry.receipt == nil, case .failed = outcome { held.append(entry) } else { done.append(entry) }
        }
        if !held.isEmpty { state.withLock { $0.held += held } }
        release(done)
        metrics.count(outcomes)
        answer(answers)
    }
}
