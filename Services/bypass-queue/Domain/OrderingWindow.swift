import Contracts

/// Puts messages that came shortly after one another into their senders' order.
///
/// The oldest message opens a window of the group's `orderWindow`; what came until its end is sorted by
/// `Message-Sequence`, then `Message-Priority`, lower numbers first and those without one last, then by arrival. The
/// sequences that the messages took at their arrival are dealt out anew in that order.
enum OrderingWindow {
    /// Most messages in one window; what comes beyond is of the next one.
    static let limit = 500

    struct Entry: Sendable, Hashable {
        let id: Int64
        let arrival: Int64
        let acceptedAt: Timestamp
        let messageSequence: Int64?
        let priority: Int64?
    }

    enum Plan: Sendable, Hashable {
        /// The window is still open.
        case wait(until: Timestamp)
        /// The messages of the closed window with their final sequences.
        case order([(id: Int64, sequence: Int64)])

        static func == (left: Plan, right: Plan) -> Bool {
            switch (left, right) {
            case (.wait(let left), .wait(let right)): left == right
            case (.order(let left), .order(let right)): left.elementsEqual(right, by: ==)
            default: false
            }
        }

        func hash(into hasher: inout Hasher) {
            switch self {
            case .wait(let moment): hasher.combine(moment)
            case .order(let pairs): for pair in pairs { hasher.combine(pair.id) }
            }
        }
    }

    /// - Parameter entries: The messages that are not ordered yet, by arrival.
    static func plan(_ entries: [Entry], window: Duration, now: Timestamp) -> Plan {
        guard let first = entries.first else { return .order([]) }
        let end = first.acceptedAt.adding(window)
        // A full window need not wait for its end, and one that begins in the future was opened before the clock was
        // set back.
        if now < end, first.acceptedAt <= now, entries.count < limit { return .wait(until: end) }
        let members = entries.prefix(limit).filter { $0.acceptedAt <= end }
        let sorted = members.sorted { rank($0) < rank($1) }
        let sequences = members.map(\.arrival).sorted()
        return .order(zip(sorted, sequences).map { ($0.id, $1) })
    }

    private static func rank(_ entry: Entry) -> (Int64, Int64, Int64) {
        (entry.messageSequence ?? .max, entry.priority ?? .max, entry.arrival)
    }
}
