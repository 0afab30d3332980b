import Contracts

/// How the search index follows the log.
struct IndexStatus: Sendable, Hashable {
    enum State: String, Sendable {
        /// `ELASTICSEARCH_URL` is not set.
        case off
        /// Another replica follows the log.
        case standby
        case up
        /// It does not take events now.
        case down
    }

    var state = State.off
    /// By this process: events that are in the index, and those that it refused for good.
    var indexed = 0
    var rejected = 0
    /// When the oldest stored event came that is not in the index, whoever follows; `nil` when all are. As of the
    /// latest look.
    var waitingSince: Timestamp?
    /// Whether anybody has looked yet.
    var isKnown = false
    var fault: String?

    /// The age of the oldest event that is not in the index; `nil` as long as it is not known.
    func lag(at now: Timestamp = .now) -> Duration? {
        guard isKnown else { return nil }
        return waitingSince.map { .milliseconds(max(0, now.milliseconds - $0.milliseconds)) } ?? .zero
    }

    mutating func saw(waitingSince: Timestamp?) {
        self.waitingSince = waitingSince
        isKnown = true
    }
}
