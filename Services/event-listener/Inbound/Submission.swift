import Synchronization

/// A request with many events: how many are under way, and what became of the others.
final class Submission: Sendable {
    /// How many rejected lines are named one by one; the others are counted.
    static let maxRejections = 1_000

    struct Summary: Sendable {
        var stored = 0
        var duplicates = 0
        /// Stored in the recovery log; they count as stored too.
        var logged = 0
        var rejected: [(line: Int, rejection: Rejection)] = []
        var rejectedCount = 0
        var failure: StoreFailure?

        mutating func reject(_ line: Int, _ rejection: Rejection) {
            rejectedCount += 1
            if rejected.count < Submission.maxRejections { rejected.append((line, rejection)) }
        }
    }

    private struct State {
        var summary = Summary()
        var outstanding = 0
        var waiter: (limit: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var outstanding: Int { state.withLock { $0.outstanding } }
    var summary: Summary { state.withLock { $0.summary } }

    /// Counts events in that are about to be submitted.
    func begin(_ count: Int) { state.withLock { $0.outstanding += count } }

    /// Takes back ``begin(_:)`` for events that were not taken.
    func cancel(_ count: Int) { state.withLock { $0.outstanding -= count } }

    /// Notes a line that is no event.
    func reject(_ line: Int, _ rejection: Rejection) { state.withLock { $0.summary.reject(line, rejection) } }

    func settle(_ parts: [(line: Int, outcome: Outcome)]) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            for part in parts {
                switch part.outcome {
                case .stored: state.summary.stored += 1
                case .duplicate: state.summary.duplicates += 1
                case .logged:
                    state.summary.stored += 1
                    state.summary.logged += 1
                case .rejected(let rejection): state.summary.reject(part.line, rejection)
                case .failed(let failure): state.summary.failure = failure
                }
            }
            state.outstanding -= parts.count
            guard let waiter = state.waiter, state.outstanding <= waiter.limit else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Waits until at most `limit` events are under way; for one task at a time. The writer settles every event that it
    /// was given, so this ends.
    func wait(untilAtMost limit: Int = 0) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state -> Bool in
                if state.outstanding <= limit { return true }
                state.waiter = (limit, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
