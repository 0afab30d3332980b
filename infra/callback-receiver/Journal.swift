import Foundation
import Synchronization

/// One callback as it was seen.
struct Entry: Encodable, Sendable {
    let id: Int
    let group: String
    let sequence: Int64
    let epoch: Int64
    let attempt: Int
    let webhookId: String
    /// `acted`, `repeated` or `refused`.
    var verdict: String
    let reason: String?
    /// Microseconds on a clock that only goes forward.
    let startedAt: Int64
    var endedAt: Int64?
}

/// What the receiver remembers, and how it behaves.
final class Journal: Sendable {
    private struct State {
        var doorkeeper = Doorkeeper()
        var entries: [Entry] = []
        var dropped = 0
        var summary = Summary()
        var behaviour = Behaviour()
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    var behaviour: Behaviour {
        get { state.withLock { $0.behaviour } }
        set { state.withLock { $0.behaviour = newValue } }
    }

    func begin(group: String, epoch: Int64, sequence: Int64, attempt: Int, webhookId: String) -> Entry {
        state.withLock { state in
            let decision = state.doorkeeper.decide(group: group, epoch: epoch, sequence: sequence)
            let (verdict, reason): (String, String?) =
                switch decision {
                case .act: ("acted", nil)
                case .repeat: ("repeated", nil)
                case .refuse(let why): ("refused", why)
                }
            let entry = Entry(
                id: state.dropped + state.entries.count + 1, group: group, sequence: sequence, epoch: epoch,
                attempt: attempt, webhookId: webhookId, verdict: verdict, reason: reason, startedAt: Self.now)
            state.entries.append(entry)
            state.summary.count(entry)
            if state.entries.count > capacity {
                state.entries.removeFirst(capacity / 10 + 1)
                state.dropped += capacity / 10 + 1
            }
            return entry
        }
    }

    func end(_ id: Int) {
        state.withLock { state in
            let index = id - 1 - state.dropped
            if state.entries.indices.contains(index) { state.entries[index].endedAt = Self.now }
        }
    }

    /// The oldest first.
    func entries(group: String?, after id: Int, limit: Int) -> [Entry] {
        state.withLock { state in
            let start = max(0, min(id - state.dropped, state.entries.count))
            let found = state.entries[start...].lazy.filter { group == nil || $0.group == group }
            return Array(found.prefix(max(0, limit)))
        }
    }

    var summary: Summary { state.withLock { $0.summary } }

    func clear() {
        state.withLock { state in
            state.dropped += state.entries.count
            state.entries = []
        }
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// How many callbacks came, of all that ever did.
struct Summary: Encodable, Sendable {
    private(set) var acted = 0
    private(set) var repeated = 0
    private(set) var refused = 0

    mutating func count(_ entry: Entry) {
        switch entry.verdict {
        case "acted": acted += 1
        case "repeated": repeated += 1
        default: refused += 1
        }
    }
}

/// How callbacks are answered.
struct Behaviour: Codable, Sendable {
    /// The answer to what is not refused.
    var status = 200
    /// Each callback takes a random time up to this.
    var maxDelayMs = 0
    /// Seconds for `Retry-After`.
    var retryAfter: Int?
    /// Only callbacks of this group behave so; others are answered with 200 at once.
    var group: String?
}
