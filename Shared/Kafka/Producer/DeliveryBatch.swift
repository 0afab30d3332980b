import Synchronization

/// The records of one `send`, and what became of them: one continuation for all.
final class DeliveryBatch: Sendable {
    typealias Outcome = [Result<Void, KafkaError>]

    private struct State {
        var remaining: Int
        var failures: [Int: KafkaError] = [:]
        var continuation: CheckedContinuation<Outcome, any Error>?
        /// Set by whatever ends the batch first: its last report, a cancellation or a refusal.
        var isOver = false
        /// What ended it, if that was not its last report.
        var error: (any Error)?

        func outcome(_ count: Int) -> Outcome {
            var outcome = Outcome(repeating: .success(()), count: count)
            for (index, failure) in failures { outcome[index] = .failure(failure) }
            return outcome
        }
    }

    let number: UInt
    let records: any KafkaRecordList
    private let count: Int
    private let state: Mutex<State>

    init(number: UInt, records: any KafkaRecordList) {
        self.number = number
        self.records = records
        count = records.count
        state = Mutex(State(remaining: records.count))
    }

    /// Waits until every record is reported, or the batch has ended another way, perhaps before.
    func wait(_ continuation: CheckedContinuation<Outcome, any Error>) {
        let result: Result<Outcome, any Error>? = state.withLock { state in
            guard state.isOver else {
                state.continuation = continuation
                return nil
            }
            return state.error.map { .failure($0) } ?? .success(state.outcome(count))
        }
        if let result { continuation.resume(with: result) }
    }

    /// Records that are not reported yet.
    var remaining: Int { state.withLock(\.remaining) }

    /// Nobody waits any more: what is not with librdkafka yet need not be sent.
    var isOver: Bool { state.withLock(\.isOver) }

    /// Notes that one record was refused; each record is reported once. Returns whether it was the last.
    func refused(_ index: Int, _ failure: KafkaError) -> Bool { report(1) { $0[index] = failure } }

    /// Notes that so many records are written. Returns whether they were the last.
    func written(_ count: Int) -> Bool { report(count) { _ in } }

    private func report(_ count: Int, _ note: (inout [Int: KafkaError]) -> Void) -> Bool {
        let (isLast, finish, outcome) = state.withLock {
            state -> (Bool, CheckedContinuation<Outcome, any Error>?, Outcome) in
            note(&state.failures)
            state.remaining -= count
            guard state.remaining == 0 else { return (false, nil, []) }
            state.isOver = true
            guard let continuation = state.continuation else { return (true, nil, []) }
            state.continuation = nil
            return (true, continuation, state.outcome(self.count))
        }
        finish?.resume(returning: outcome)
        return isLast
    }

    /// Ends the wait now with an error for the whole batch.
    func end(_ error: any Error) {
        let continuation = state.withLock { state in
            guard !state.isOver else { return nil as CheckedContinuation<Outcome, any Error>? }
            state.isOver = true
            state.error = error
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(throwing: error)
    }
}
