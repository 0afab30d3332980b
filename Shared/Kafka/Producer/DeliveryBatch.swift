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
    }

    let number: UInt
    let records: [KafkaRecord]
    private let state: Mutex<State>

    init(number: UInt, records: [KafkaRecord]) {
        self.number = number
        self.records = records
        state = Mutex(State(remaining: records.count))
    }

    /// Notes who waits. Returns `false`, and ends the wait, when the batch was cancelled before.
    func start(_ continuation: CheckedContinuation<Outcome, any Error>) -> Bool {
        let isOver = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if isOver { continuation.resume(throwing: CancellationError()) }
        return !isOver
    }

    /// Records that are not reported yet.
    var remaining: Int { state.withLock(\.remaining) }

    /// Nobody waits any more: what is not with librdkafka yet need not be sent.
    var isOver: Bool { state.withLock(\.isOver) }

    /// Notes what became of one record; each record is reported once. Returns whether it was the last.
    func report(_ index: Int, _ failure: KafkaError?) -> Bool {
        let (isLast, finish) = state.withLock { state -> (Bool, CheckedContinuation<Outcome, any Error>?) in
            if let failure { state.failures[index] = failure }
            state.remaining -= 1
            guard state.remaining == 0 else { return (false, nil) }
            state.isOver = true
            defer { state.continuation = nil }
            return (true, state.continuation)
        }
        finish?.resume(returning: outcome)
        return isLast
    }

    /// Ends the wait now with an error for the whole batch.
    func end(_ error: any Error) {
        let continuation = state.withLock { state in
            state.isOver = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(throwing: error)
    }

    private var outcome: Outcome {
        let failures = state.withLock(\.failures)
        var outcome = Outcome(repeating: .success(()), count: records.count)
        for (index, failure) in failures { outcome[index] = .failure(failure) }
        return outcome
    }
}
