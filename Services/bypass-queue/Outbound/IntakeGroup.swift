import Postgres

/// What the intake must know of a group: less than an owner, as it reads a group for almost every message.
struct IntakeGroup: Sendable {
    static let columns = """
        g.id, g.name, g.last_sequence, g.done_sequence, g.epoch, g.owner, g.is_waiting, g.paused OR g.blocked, \
        g.callback_url IS NOT NULL, g.order_window_ms = 0
        """

    let id: Int64
    let name: String
    let lastSequence: Int64
    let doneSequence: Int64
    let epoch: Int64
    let owner: Int64?
    let isWaiting: Bool
    /// Whether nobody works on it and somebody may.
    let isFree: Bool
    let hasCallbackURL: Bool
    /// Whether its messages keep the order in which they came.
    let isOrdered: Bool

    init(_ row: PostgresRow) throws {
        id = try row.int64(0)
        name = try row.string(1)
        lastSequence = try row.int64(2)
        doneSequence = try row.int64(3)
        epoch = try row.int64(4)
        owner = try row.int64OrNil(5)
        isWaiting = try row.bool(6)
        isFree = try owner == nil && !row.bool(7)
        hasCallbackURL = try row.bool(8)
        isOrdered = try row.bool(9)
    }
}
