import Contracts
import Outbox
import Postgres

/// Takes the first message of a group out of the queue, the group's row being locked.
struct Skip {
    let connection: PostgresConnection
    let groupID: Int64
    let group: String

    /// Returns what changes in the group's row.
    ///
    /// - Errors: 409 `group-empty` or `not-at-head`.
    func run(_ expected: Int64?) throws -> String {
        let rows = try connection.query(
            """
            SELECT m.id, m.webhook_id, m.correlation_id, g.head_id = m.id, g.head_attempts, g.head_events
            FROM groups g CROSS JOIN LATERAL (
                SELECT * FROM messages WHERE group_id = g.id ORDER BY id
                LIMIT CASE WHEN g.uses_order THEN \(OrderingWindow.limit) ELSE 1 END
            ) m
            WHERE g.id = $1 ORDER BY NOT m.is_ordered, m.sequence LIMIT 1
            """, [.int8(groupID)])
        guard let row = rows.first else { throw DomainError.nothingToSkip(group) }
        let id = try row.int64(0)
        if let expected, expected != id { throw DomainError.notAtHead(expected) }
        let isHead = try row.boolOrNil(3) ?? false
        let attempts = isHead ? try row.int32(4) : 0
        let events = isHead ? try row.int32(5) : 0
        _ = try connection.execute(
            """
            WITH gone AS (DELETE FROM messages WHERE group_id = $1 AND id = $2
                          RETURNING group_id, id, sequence, webhook_id, accepted_at)
            INSERT INTO finished (group_id, id, sequence, webhook_id, status, attempts, accepted_at, finished_at, epoch)
            SELECT group_id, id, sequence, webhook_id, 'Skipped', $3, accepted_at, clock_timestamp(), 0 FROM gone
            """, [.int8(groupID), .int8(id), .int4(attempts)])
        let data = CallbackData(
            id: id, version: Int64(events) + 1, group: group,
            webhookId: QueuedMessage.webhookID(given: try row.stringOrNil(1), id: id), attempts: Int(attempts),
            status: .skipped)
        try OutboxTable.insert([data.event(correlationID: try row.stringOrNil(2))], on: connection)
        return """
            blocked = false, head_id = NULL, head_attempts = 0, head_first_at = NULL, head_next_at = NULL,
            head_events = 0, head_reason = NULL
            """
    }
}
