import Contracts
import Postgres

/// A row of the table `groups`, as owners and the intake read it.
struct GroupRow: Sendable {
    static let columns = """
        g.id, g.name, g.callback_url, g.policy, g.retry_window_ms, g.timeout_ms, g.order_window_ms, g.secret, \
        CASE WHEN g.previous_until > now() THEN g.previous_secret END, g.paused, g.blocked, g.head_id, \
        g.head_attempts, g.head_first_at, g.head_next_at, g.head_events, g.revision, g.last_sequence, g.uses_order, \
        g.epoch, g.owner, g.is_waiting, g.done_sequence
        """

    let id: Int64
    let name: String
    let control: GroupControl
    let epoch: Int64
    let owner: Int64?
    let isWaiting: Bool
    let doneSequence: Int64

    init(_ row: PostgresRow, _ defaults: GroupDefaults) throws {
        id = try row.int64(0)
        name = try row.string(1)
        let secrets = [try row.string(7), try row.stringOrNil(8)].compactMap { $0 }
        let settings = GroupSettings(
            callbackURL: try row.stringOrNil(2), policy: FailurePolicy(rawValue: try row.string(3)) ?? .block,
            retryWindow: try row.int64OrNil(4).map { .milliseconds($0) } ?? defaults.retryWindow,
            timeout: min(try row.int64OrNil(5).map { .milliseconds($0) } ?? defaults.timeout, defaults.maxTimeout),
            orderWindow: .milliseconds(try row.int64(6)), secrets: try secrets.map { try SigningSecret($0) })
        let head = HeadProgress(
            id: try row.int64OrNil(11), attempts: Int(try row.int32(12)), firstAt: try row.timestampOrNil(13),
            nextAt: try row.timestampOrNil(14), events: Int(try row.int32(15)))
        control = GroupControl(
            settings: settings, isPaused: try row.bool(9), isBlocked: try row.bool(10), head: head,
            revision: try row.int64(16), lastSequence: try row.int64(17), usesOrder: try row.bool(18))
        epoch = try row.int64(19)
        owner = try row.int64OrNil(20)
        isWaiting = try row.bool(21)
        doneSequence = try row.int64(22)
    }

    /// Whether nobody works on it and somebody may.
    var isFree: Bool { owner == nil && !control.isPaused && !control.isBlocked }
}

/// What a group has that does not say it itself.
struct GroupDefaults: Sendable {
    var retryWindow = Duration.seconds(3600)
    var timeout = Duration.seconds(10)
    /// A request must be over before its lease is.
    var maxTimeout = Duration.seconds(13)
}
