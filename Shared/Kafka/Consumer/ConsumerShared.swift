import Metrics
import Synchronization

/// What a consumer's owner and its thread have in common.
final class ConsumerShared: Sendable {
    private struct State {
        /// `nil` once the consumer is closed.
        var handle: ClientHandle?
        var commits = CommitState()
    }

    private let state: Mutex<State>
    let status = Mutex(KafkaConsumerStatus())
    let isPauseWanted = Mutex(false)
    private let commitsTotal: Counter

    init(handle: ClientHandle, group: String) {
        state = Mutex(State(handle: handle))
        commitsTotal = Counter(label: "kafka_commits_total", dimensions: [("group", group)])
    }

    var commits: CommitState { state.withLock(\.commits) }

    /// Changes what is to be committed and sends what is to be sent.
    func updateCommits(_ change: (inout CommitState) -> CommitState.Offsets?) {
        state.withLock { state in
            var offsets = change(&state.commits)
            while let now = offsets, let handle = state.handle {
                guard !handle.commitInBackground(now) else { return }
                // Refused at once, so no report will come: it counts as failed and waits for its second chance.
                offsets = state.commits.finished(failed: Set(now.keys), now: .now)
            }
        }
    }

    func noteCommitted() { commitsTotal.increment() }

    /// Makes a poll that waits return.
    func interrupt() { state.withLock(\.handle)?.wake() }

    /// The thread alone holds the client from here on.
    func detach() { state.withLock { $0.handle = nil } }
}
