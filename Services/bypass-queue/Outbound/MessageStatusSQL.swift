import Contracts
import Postgres

/// Looks one message up, wherever it is by now.
struct MessageStatusSQL {
    let connection: PostgresConnection

    /// - Errors: 404 `message-not-found`.
    func find(_ id: Int64, in group: String) throws -> MessageStatus {
        if let waiting = try waiting(id, group) { return waiting }
        if let finished = try finished(id, group) { return finished }
        throw DomainError.messageNotFound(id)
    }

    private func waiting(_ id: Int64, _ group: String) throws -> MessageStatus? {
        let rows = try connection.query(
            """
            SELECT m.group_id, m.sequence, m.webhook_id, m.accepted_at, g.head_id = m.id, g.blocked, g.head_next_at
            FROM groups g JOIN messages m ON m.group_id = g.id WHERE g.name = $1 AND m.id = $2
            """, [.text(group), .int8(id)])
        guard let row = rows.first else { return nil }
        let isHead = try row.boolOrNil(4) ?? false
        let (isBlocked, next) = (try row.bool(5), try row.timestampOrNil(6))
        let status = isHead && isBlocked ? "Blocked" : isHead && next != nil ? "Retrying" : "Waiting"
        return MessageStatus(
            id: id, group: group, sequence: try row.int64(1),
            webhookID: QueuedMessage.webhookID(given: try row.stringOrNil(2), id: id), status: status,
            acceptedAt: try row.timestamp(3), finishedAt: nil, attempts: try failed(id, try row.int64(0)))
    }

    private func finished(_ id: Int64, _ group: String) throws -> MessageStatus? {
        let rows = try connection.query(
            """
            SELECT f.group_id, f.sequence, f.webhook_id, f.accepted_at, f.finished_at, f.status,
                   f.attempts, f.epoch, f.started_at, f.duration_ms, f.status_code, f.reason, f.answer
            FROM groups g JOIN finished f ON f.group_id = g.id WHERE g.name = $1 AND f.id = $2
            """, [.text(group), .int8(id)])
        guard let row = rows.first else { return nil }
        var attempts = try failed(id, try row.int64(0))
        if try row.timestampOrNil(8) != nil { attempts.append(try attempt(row, from: 6)) }
        return MessageStatus(
            id: id, group: group, sequence: try row.int64(1),
            webhookID: QueuedMessage.webhookID(given: try row.stringOrNil(2), id: id), status: try row.string(5),
            acceptedAt: try row.timestamp(3), finishedAt: try row.timestamp(4), attempts: attempts)
    }

    /// Most attempts that are shown; the latest ones.
    private static let limit = 500

    private func failed(_ id: Int64, _ groupID: Int64) throws -> [Attempt] {
        let rows = try connection.query(
            """
            SELECT number, epoch, started_at, duration_ms, status_code, reason, answer FROM attempts
            WHERE group_id = $1 AND message_id = $2 ORDER BY number DESC, epoch DESC LIMIT \(Self.limit)
            """, [.int8(groupID), .int8(id)])
        return try rows.map { try attempt($0, from: 0) }.reversed()
    }

    private func attempt(_ row: PostgresRow, from column: Int) throws -> Attempt {
        Attempt(
            number: Int(try row.int32(column)), epoch: try row.int64(column + 1),
            startedAt: try row.timestamp(column + 2), duration: .milliseconds(try row.int64(column + 3)),
            statusCode: try row.int64OrNil(column + 4).map { Int($0) }, reason: try row.stringOrNil(column + 5),
            answer: try row.bytesOrNil(column + 6) ?? [])
    }
}
