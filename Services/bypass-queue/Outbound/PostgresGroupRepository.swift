import Contracts
import Outbox
import Postgres

/// Groups in PostgreSQL. Whoever changes a group tells its owner after the commit.
struct PostgresGroupRepository: GroupRepository {
    let pool: PostgresPool
    let defaults: GroupDefaults
    /// How long the previous secret signs too.
    let secretOverlap: Duration

    // MARK: - Settings

    func put(_ name: String, _ change: SettingsChange) async throws -> (settings: GroupDescription, isNew: Bool) {
        try await perform { connection in
            let rows = try connection.query(
                """
                INSERT INTO groups AS g (name, is_configured, callback_url, policy, retry_window_ms, timeout_ms,
                                         order_window_ms, secret)
                VALUES ($1, true, $2, $3, $4, $5, $6, coalesce($7, $8))
                ON CONFLICT (name) DO UPDATE SET
                    callback_url = excluded.callback_url, policy = excluded.policy,
                    retry_window_ms = excluded.retry_window_ms, timeout_ms = excluded.timeout_ms,
                    order_window_ms = excluded.order_window_ms, secret = coalesce($7, g.secret),
                    previous_secret = CASE WHEN $7 <> g.secret THEN g.secret ELSE g.previous_secret END,
                    previous_until = CASE WHEN $7 <> g.secret THEN now() + make_interval(secs => $9)
                                     ELSE g.previous_until END,
                    version = g.version + g.is_configured::int, is_configured = true, revision = g.revision + 1,
                    updated_at = now()
                RETURNING id, owner, revision
                """,
                [
                    .text(name), .optional(change.callbackURL, PostgresValue.text), .text(change.policy.rawValue),
                    .optional(change.retryWindow?.wholeMilliseconds, PostgresValue.int8),
                    .optional(change.timeout?.wholeMilliseconds, PostgresValue.int8),
                    .int8(change.orderWindow.wholeMilliseconds), .optional(change.secret?.text, PostgresValue.text),
                    .text(SigningSecret().text), .double(secretOverlap.inSeconds),
                ])
            let isNew = try rows[0].int64(2) == 0
            if let owner = try rows[0].int64OrNil(1) {
                OwnershipSQL.signal([(owner, try rows[0].int64(0))], .control, on: connection)
            }
            return (try description(name, on: connection), isNew)
        }
    }

    func find(_ name: String) async throws -> GroupDescription {
        try await perform { try description(name, on: $0) }
    }

    func delete(_ name: String) async throws {
        try await perform { connection in
            let id = try lock(name, on: connection).id
            let waiting = try connection.query("SELECT 1 FROM messages WHERE group_id = $1 LIMIT 1", [.int8(id)])
            guard waiting.isEmpty else { throw DomainError.groupNotEmpty(name) }
            // Its history and its dead letters go with it; what remains of the history is purged later.
            for table in ["dead_letters", "webhook_ids"] {
                _ = try connection.execute("DELETE FROM \(table) WHERE group_id = $1", [.int8(id)])
            }
            _ = try connection.execute("DELETE FROM groups WHERE id = $1", [.int8(id)])
        }
    }

    private func description(_ name: String, on connection: PostgresConnection) throws -> GroupDescription {
        let rows = try connection.query(
            "SELECT \(GroupRow.columns), g.version, g.created_at, g.updated_at FROM groups g WHERE g.name = $1",
            [.text(name)])
        guard let row = rows.first else { throw DomainError.groupNotFound(name) }
        return GroupDescription(
            name: name, version: try row.int64(23), settings: try GroupRow(row, defaults).control.settings,
            createdAt: try row.timestamp(24), updatedAt: try row.timestamp(25))
    }

    // MARK: - Status

    func status(_ name: String) async throws -> GroupStatus {
        try await perform { try status(name, on: $0) }
    }

    func list(_ state: GroupState?, _ page: PageRequest) async throws -> Page<GroupStatus> {
        try await perform { connection in
            let condition =
                switch state {
                case nil: "true"
                case .active: "NOT g.paused AND NOT g.blocked AND g.head_next_at IS NULL"
                case .paused: "g.paused"
                case .blocked: "g.blocked AND NOT g.paused"
                case .retrying: "g.head_next_at IS NOT NULL AND NOT g.blocked AND NOT g.paused"
                }
            let rows = try connection.query(
                GroupStatusSQL.select + " WHERE \(condition) AND g.id > $1 ORDER BY g.id LIMIT $2",
                [.int8(page.after?.after ?? 0), .int8(Int64(page.limit + 1))])
            return Page(fetched: try rows.map(GroupStatusSQL.status), limit: page.limit, id: \.id)
        }
    }

    private func status(_ name: String, on connection: PostgresConnection) throws -> GroupStatus {
        let rows = try connection.query(GroupStatusSQL.select + " WHERE g.name = $1", [.text(name)])
        guard let row = rows.first else { throw DomainError.groupNotFound(name) }
        return try GroupStatusSQL.status(row)
    }

    // MARK: - Commands

    func command(_ command: GroupCommand, _ name: String) async throws -> GroupStatus {
        try await perform { connection in
            let (id, owner) = try lock(name, on: connection)
            let change =
                switch command {
                case .pause: "paused = true"
                case .resume:
                    """
                    paused = false, blocked = false,
                    head_first_at = CASE WHEN blocked THEN NULL ELSE head_first_at END
                    """
                case .retry: "blocked = false, head_first_at = NULL, head_next_at = NULL"
                case .skip(let expected):
                    try Skip(connection: connection, groupID: id, group: name).run(expected)
                }
            _ = try connection.execute(
                "UPDATE groups SET \(change), revision = revision + 1 WHERE id = $1", [.int8(id)])
            OwnershipSQL.signal([(owner, id)], .control, on: connection)
            return try status(name, on: connection)
        }
    }

    private func lock(_ name: String, on connection: PostgresConnection) throws -> (id: Int64, owner: Int64?) {
        let rows = try connection.query("SELECT id, owner FROM groups WHERE name = $1 FOR UPDATE", [.text(name)])
        guard let row = rows.first else { throw DomainError.groupNotFound(name) }
        return (try row.int64(0), try row.int64OrNil(1))
    }

    // MARK: - Messages

    func message(_ id: Int64, in group: String) async throws -> MessageStatus {
        try await perform { try MessageStatusSQL(connection: $0).find(id, in: group) }
    }

    func messages(in group: String, _ page: PageRequest) async throws -> Page<WaitingMessage> {
        try await perform { connection in
            let found = try connection.query("SELECT id FROM groups WHERE name = $1", [.text(group)])
            guard let groupID = try found.first?.int64(0) else { throw DomainError.groupNotFound(group) }
            let rows = try connection.query(
                """
                SELECT id, sequence, webhook_id, content_type, octet_length(body)::bigint, accepted_at FROM messages
                WHERE group_id = $1 AND id > $2 ORDER BY id LIMIT $3
                """, [.int8(groupID), .int8(page.after?.after ?? 0), .int8(Int64(page.limit + 1))])
            let messages = try rows.map { row in
                let id = try row.int64(0)
                return WaitingMessage(
                    id: id, sequence: try row.int64(1),
                    webhookID: QueuedMessage.webhookID(given: try row.stringOrNil(2), id: id),
                    contentType: try row.stringOrNil(3), bytes: try row.int64(4), acceptedAt: try row.timestamp(5))
            }
            return Page(fetched: messages, limit: page.limit, id: \.id)
        }
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await pool.answering { try await pool.transaction(body) }
    }
}

extension PostgresPool {
    /// Turns the store's absence into a refusal that the caller understands.
    func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError where error.isRetriable {
            throw DomainError.storeUnavailable
        }
    }
}
