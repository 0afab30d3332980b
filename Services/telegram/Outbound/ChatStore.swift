import Contracts
import Outbox
import Postgres

/// The SQL of chat links, and of what a link does to the customer's messages.
struct ChatStore: AggregateStore {
    struct Draft: Sendable {
        let change: ChatChange
    }

    static let table = "chats"
    static let columns = "id, version, chat_id, updated_at"

    private let messages = MessageStore()

    func entity(_ row: PostgresRow) throws -> ChatLink {
        ChatLink(
            id: try row.int64(0), version: try row.int64(1), chatId: try row.int64OrNil(2),
            updatedAt: try row.timestamp(3))
    }

    /// Makes the changes one after another; links change rarely.
    func insert(_ drafts: [Draft], on connection: PostgresConnection) throws -> [Result<ChatLink, DomainError>] {
        try MessageStore.lockLinks(exclusive: true, on: connection)
        return try drafts.map { draft in
            do {
                return .success(try apply(draft.change, on: connection))
            } catch let error as DomainError {
                return .failure(error)
            }
        }
    }

    private func apply(_ change: ChatChange, on connection: PostgresConnection) throws -> ChatLink {
        switch change {
        case .link(let customerId, let chatId):
            return try link(customerId, to: chatId, on: connection)
        case .redeem(let code, let chatId):
            guard try use(code, on: connection) else {
                // The Bot API repeats updates: the same code from the same chat is no fault.
                if let link = try find([code.customerId], on: connection)[code.customerId], link.chatId == chatId {
                    return link
                }
                throw DomainError.badLinkCode(.used)
            }
            return try link(code.customerId, to: chatId, on: connection)
        case .unlink(let customerId):
            return try unlink(customerId, on: connection)
        }
    }

    private func link(_ customerId: Int64, to chatId: Int64, on connection: PostgresConnection) throws -> ChatLink {
        let rows = try connection.query(
            """
            INSERT INTO chats (id, version, chat_id, updated_at) VALUES ($1, 1, $2, now())
            ON CONFLICT (id) DO UPDATE
            SET chat_id = excluded.chat_id, updated_at = excluded.updated_at,
                version = chats.version + (chats.chat_id IS DISTINCT FROM excluded.chat_id)::int
            RETURNING \(Self.columns)
            """, [.int8(customerId), .int8(chatId)])
        guard let row = rows.first else { throw DomainError.storeBusy }
        try Lanes.open(chat: chatId, on: connection)
        _ = try connection.execute(
            """
            UPDATE messages SET chat_id = $2
            WHERE customer_id = $1 AND status = 'Queued' AND claim IS NULL AND chat_id <> $2
            """, [.int8(customerId), .int8(chatId)])
        try requeue(customerId, in: chatId, on: connection)
        return try entity(row)
    }

    /// `Unlinked → Queued`, for messages that are not too old.
    private func requeue(_ customerId: Int64, in chatId: Int64, on connection: PostgresConnection) throws {
        let rows = try connection.query(
            """
            UPDATE messages SET chat_id = $2
            WHERE customer_id = $1 AND status = 'Unlinked' AND created_at > now() - make_interval(secs => $3)
            RETURNING \(MessageStore.columns)
            """, [.int8(customerId), .int8(chatId), .double(Message.linkWindow.inSeconds)])
        try change(try rows.map { try messages.entity($0) }, to: .queued, on: connection)
    }

    /// What is queued waits for a new link; what is on its way is not called back.
    private func unlink(_ customerId: Int64, on connection: PostgresConnection) throws -> ChatLink {
        let rows = try connection.query(
            """
            UPDATE chats SET chat_id = NULL, version = version + 1, updated_at = now()
            WHERE id = $1 AND chat_id IS NOT NULL RETURNING \(Self.columns)
            """, [.int8(customerId)])
        guard let row = rows.first else { throw DomainError.chatNotLinked(customerId) }
        let queued = try connection.query(
            """
            SELECT \(MessageStore.columns) FROM messages
            WHERE customer_id = $1 AND status = 'Queued' AND claim IS NULL ORDER BY id FOR UPDATE
            """, [.int8(customerId)])
        try change(try queued.map { try messages.entity($0) }, to: .unlinked, on: connection)
        return try entity(row)
    }

    private func change(_ list: [Message], to status: MessageStatus, on connection: PostgresConnection) throws {
        let now = Timestamp.now
        let changed = try list.sorted { $0.id < $1.id }.map { message in
            var message = message
            try message.become(status, at: now)
            return message
        }
        try messages.save(changed, on: connection)
        try OutboxTable.insert(changed.map(\.stateEvent), on: connection)
        MessageMetrics.count(changed)
    }

    /// Marks a code as used; `false` if it was.
    private func use(_ code: LinkCode, on connection: PostgresConnection) throws -> Bool {
        _ = try connection.execute(
            """
            DELETE FROM used_link_codes WHERE nonce IN (
                SELECT nonce FROM used_link_codes WHERE expires_at < now() - interval '1 hour' LIMIT 100)
            """)
        return try connection.execute(
            "INSERT INTO used_link_codes (nonce, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [.int8(Int64(bitPattern: code.nonce)), .timestamp(code.expiresAt)]) == 1
    }

    func save(_ links: [ChatLink], on connection: PostgresConnection) throws {
        preconditionFailure("links change through their drafts only")
    }

    func notFound(_ id: Int64) -> DomainError { .chatNotLinked(id) }
}
