import Contracts
import Postgres

/// How groups are doing, read from the group and its first message: sequences have no gaps behind it, so the depth
/// needs no counting.
enum GroupStatusSQL {
    static let select = """
        SELECT g.id, g.name, g.paused, g.blocked, CASE WHEN head.id IS NOT NULL THEN g.head_next_at END, g.head_attempts,
               g.head_reason, g.last_sequence, g.owner IS NOT NULL, head.first, head.accepted_at,
               (SELECT count(*) FROM dead_letters d WHERE d.group_id = g.id)
        FROM groups g LEFT JOIN LATERAL (
            SELECT min(f.id) AS id, min(f.sequence) AS first, min(f.accepted_at) AS accepted_at FROM (
                SELECT id, sequence, accepted_at FROM messages m WHERE m.group_id = g.id ORDER BY m.id
                LIMIT CASE WHEN g.uses_order THEN \(OrderingWindow.limit) ELSE 1 END
            ) f
        ) head ON true
        """

    static func status(_ row: PostgresRow) throws -> GroupStatus {
        let (paused, blocked, next) = (try row.bool(2), try row.bool(3), try row.timestampOrNil(4))
        let state: GroupState = paused ? .paused : blocked ? .blocked : next != nil ? .retrying : .active
        let (last, first) = (try row.int64(7), try row.int64OrNil(9))
        let isOwned = try row.bool(8)
        return GroupStatus(
            id: try row.int64(0), name: try row.string(1), state: state, depth: first.map { last - $0 + 1 } ?? 0,
            oldestAt: try row.timestampOrNil(10), isInFlight: isOwned && first != nil && state == .active,
            nextAttempt: next, attempts: first == nil ? 0 : Int(try row.int32(5)),
            reason: first == nil ? nil : try row.stringOrNil(6), lastSequence: last, deadLetters: try row.int64(11))
    }
}
