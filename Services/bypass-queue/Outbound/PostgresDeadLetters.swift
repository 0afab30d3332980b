import Contracts
import Postgres

/// Dead letters in PostgreSQL.
struct PostgresDeadLetters: DeadLetterRepository {
    let pool: PostgresPool

    func list(group: String?, _ page: PageRequest) async throws -> Page<DeadLetter> {
        try await pool.answering {
            try await pool.run { connection in
                let condition = group == nil ? "$3::text IS NULL" : "g.name = $3"
                let rows = try connection.query(
                    """
                    SELECT d.id, g.name, d.sequence, d.webhook_id, d.attempts, d.status_code, d.reason, d.accepted_at,
                           d.failed_at
                    FROM dead_letters d JOIN groups g ON g.id = d.group_id
                    WHERE \(condition) AND d.id > $1 ORDER BY d.id LIMIT $2
                    """,
                    [
                        .int8(page.after?.after ?? 0), .int8(Int64(page.limit + 1)),
                        .optional(group, PostgresValue.text),
                    ])
                return Page(fetched: try rows.map(Self.letter), limit: page.limit, id: \.id)
            }
        }
    }

    private static func letter(_ row: PostgresRow) throws -> DeadLetter {
        let id = try row.int64(0)
        return DeadLetter(
            id: id, group: try row.string(1), sequence: try row.int64(2),
            webhookID: QueuedMessage.webhookID(given: try row.stringOrNil(3), id: id),
            attempts: Int(try row.int32(4)), statusCode: try row.int64OrNil(5).map { Int($0) },
            reason: try row.string(6), acceptedAt: try row.timestamp(7), failedAt: try row.timestamp(8))
    }

    func replay(_ id: Int64) async throws -> Receipt {
        try await pool.answering {
            try await pool.transaction { connection in
                let rows = try connection.query(
                    """
                    SELECT g.id, g.name, g.last_sequence, g.owner, g.order_window_ms, g.paused OR g.blocked
                    FROM dead_letters d JOIN groups g ON g.id = d.group_id WHERE d.id = $1 FOR UPDATE OF g
                    """, [.int8(id)])
                guard let row = rows.first else { throw DomainError.deadLetterNotFound(id) }
                let (groupID, sequence) = (try row.int64(0), try row.int64(2) + 1)
                let moved = try connection.query(
                    """
                    WITH letter AS (DELETE FROM dead_letters WHERE id = $1 RETURNING *)
                    INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, webhook_id, callback_url,
                                          content_type, correlation_id, body)
                    SELECT group_id, nextval('message_ids'), $2, $3, clock_timestamp(),
                           coalesce(webhook_id, $4), callback_url, content_type, correlation_id, body
                    FROM letter RETURNING id
                    """,
                    [
                        .int8(id), .int8(sequence), .bool(try row.int64(4) == 0),
                        .text(QueuedMessage.webhookID(given: nil, id: id)),
                    ])
                guard let newID = try moved.first?.int64(0) else { throw DomainError.deadLetterNotFound(id) }
                _ = try connection.execute(
                    "UPDATE finished SET status = 'Replayed' WHERE group_id = $1 AND id = $2",
                    [.int8(groupID), .int8(id)])
                _ = try connection.execute(
                    "UPDATE groups SET last_sequence = $2, is_waiting = true WHERE id = $1",
                    [.int8(groupID), .int8(sequence)])
                OwnershipSQL.signal([(try row.int64OrNil(3), groupID)], .messages, on: connection)
                return Receipt(id: newID, group: try row.string(1), sequence: sequence)
            }
        }
    }

    func delete(_ id: Int64) async throws {
        try await pool.answering {
            let count = try await pool.run { try $0.execute("DELETE FROM dead_letters WHERE id = $1", [.int8(id)]) }
            guard count == 1 else { throw DomainError.deadLetterNotFound(id) }
        }
    }
}
