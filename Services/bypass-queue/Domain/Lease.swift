import Synchronization

/// This replica's right to make callbacks, as far as its own clock tells.
///
/// The clock counts on while the process is stopped. The lease's end is taken before the store is asked to prolong it,
/// so that it is always earlier here than there.
final class Lease: Sendable {
    private struct State {
        var owner: Int64?
        var end: ContinuousClock.Instant
    }

    /// How much earlier than the lease the last request must be over.
    private let margin: Duration
    private let state = Mutex(State(owner: nil, end: .now))

    init(margin: Duration) { self.margin = margin }

    /// The owner that this process is; `nil` while it is none.
    var owner: Int64? { state.withLock { $0.owner } }

    /// The last moment to send a request of this time-out, if it is this owner's.
    func sendBefore(_ timeout: Duration, owner: Int64) -> ContinuousClock.Instant? {
        state.withLock { state in
            guard state.owner == owner else { return nil }
            return state.end - timeout - margin
        }
    }

    func held(by owner: Int64, until end: ContinuousClock.Instant) {
        state.withLock { $0 = State(owner: owner, end: end) }
    }

    func lost() { state.withLock { $0.owner = nil } }
}
