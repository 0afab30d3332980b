import Contracts
import WorkerThreads

extension EventIntake {
    /// Hands the queue to the writer; what arrives until the writer takes it goes with it.
    func startFlush(_ cause: FlushCause) {
        if isAway {
            store.performWithoutStore { [self] in flush(cause, nil) }
        } else {
            store.perform { [self] writer in flush(cause, writer) }
        }
    }

    /// - Parameter writer: `nil` while the store is away.
    private func flush(_ cause: FlushCause, _ writer: (any EventWriter)?) {
        if cause == .caller, let writer { awaitCohort(writer) }
        let (batch, isAway) = state.withLock { ($0.buffer.take(), $0.awaySince != nil) }
        let start = Clock.now
        if batch.isEmpty || isAway { writer?.putAway() }
        if !batch.isEmpty {
            var outcomes: [Outcome]?
            if let writer, !isAway {
                do {
                    outcomes = try writer.write(batch.events)
                } catch {
                    state.withLock { $0.awaySince = $0.awaySince ?? start }
                    metrics.storeFailed(error)
                }
            }
            settle(batch, outcomes ?? keepElsewhere(batch))
        }
        let took = start.duration(to: Clock.now)
        let answered = batch.tickets.count { $0.receipt != nil }
        if !batch.isEmpty { metrics.flushed(cause, events: batch.count, took: took) }
        let next = state.withLock { state -> FlushCause? in
            if !batch.isEmpty { state.lastFlush = FlushReport(cause.rawValue, events: batch.count, took: took) }
            state.cohort.batchEnded(answered: answered, waiting: state.buffer.level.awaited)
            return advance(&state, .flushed, Clock.now)
        }
        // A new turn in the store's queue: a connection that was lost with this batch is replaced before the next.
        if let next { startFlush(next) }
    }

    /// Lets those come along who were just answered; the store's thread has nothing else to do but to get ready.
    private func awaitCohort(_ writer: any EventWriter) {
        guard state.withLock({ $0.cohort.batchBegins(waiting: $0.buffer.level.awaited) }) else { return }
        writer.prepare()
        bell.wait { state.withLock { $0.cohort.batchGivesUp() } }
    }

    /// What becomes of events that the store does not take now.
    private func keepElsewhere(_ batch: Batch) -> [Outcome] {
        // Somebody waits for these and can be told; those that were accepted already must be kept in any case.
        let isLogged = batch.tickets.map { $0.mayLog && (policy == .log || $0.receipt == nil) }
        let events = zip(batch.events, isLogged).filter(\.1).map(\.0)
        let isSafe = recovery.append(events)
        return isLogged.map { isLogged in
            isLogged ? isSafe ? .logged : .failed(.recoveryLogFull) : .failed(.storeUnavailable)
        }
    }

    private func settle(_ batch: Batch, _ outcomes: [Outcome]) {
        var answers: [(Receipt, Outcome)] = []
        answers.reserveCapacity(batch.count)
        var (held, doneEvents, doneBytes) = (Batch(), 0, 0)
        for (index, outcome) in outcomes.enumerated() {
            let ticket = batch.tickets[index]
            if let receipt = ticket.receipt {
                answers.append((receipt, outcome))
            } else if case .failed = outcome {
                held.append(batch.events[index], ticket)
                continue
            }
            doneEvents += 1
            doneBytes += ticket.size
        }
        if !held.isEmpty { state.withLock { $0.held.append(held) } }
        release(events: doneEvents, bytes: doneBytes)
        metrics.count(outcomes)
        answer(answers)
    }
}
