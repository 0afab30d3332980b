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
    /// How old the newest event of the latest page was when it was indexed; nothing when all are.
    var lag: Duration = .zero
    var fault: String?
}
