import Contracts
import Outbox
import Postgres

/// The SQL of messages.
struct MessageStore: AggregateStore {
    typealias Draft = MessageDraft

    static let table = "messages"
    static let columns = """
        id, version, key, mission_id, gift_id, customer_id, text, status, reason, correlation_id, trace, created_at, \
        updated_at
        """
    /// Taken shared by what queues messages by the links it reads, and alone by what changes links: no message can
    /// be left unlinked beside a link that is being made.
    private static let linkLock: Int64 = 0x7465_6C65_6772_616D

    static func lockLinks(exclusive: Bool, on connection: PostgresConnection) throws {
        let function = exclusive ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared"
        _ = try connection.query("SELECT \(function)($1)", [.int8(linkLock)])
    }

    func entity(_ row: PostgresRow) throws -> Message {
        Message(
            id: try row.int64(0), version: try row.int64(1), key: try row.string(2), missionId: try row.int64OrNil(3),
            giftId: try row.int64OrNil(4), customerId: try row.int64(5), text: try row.string(6),
            status: try row.choice(7), reason: try row.stringOrNil(8), correlationID: try row.string(9),
            trace: try row.string(10), createdAt: try row.timestamp(11), updatedAt: try row.timestamp(12))
    }

    func insert(
        _ drafts: [MessageDraft], on connection: PostgresConnection
    ) throws -> [Result<Message, DomainError>] {
        let new = Dictionary(
            try insertNew(drafts, on: connection).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let known = try find(keys: drafts.map(\.message.key).filter { new[$0] == nil }, on: connection)
        return drafts.map { draft in
            guard let message = new[draft.message.key] ?? known[draft.message.key] else {
                return .failure(DomainError.storeBusy)
            }
            return .success(message)
        }
    }

    /// Queues those of the drafts whose keys are new, each chat's in their order, and returns the messages.
    ///
    /// A customer without a chat gets an `Unlinked` message. Locks the chats' lanes, so that no dispatcher believes
    /// them empty meanwhile. Inserts chat by chat, so that a request and an event that bring the same keys do not wait
    /// for each other in a circle.
    func insertNew(_ drafts: [MessageDraft], on connection: PostgresConnection) throws -> [Message] {
        guard !drafts.isEmpty else { return [] }
        try Self.lockLinks(exclusive: false, on: connection)
        let customers = Array(Set(drafts.map(\.message.customerId)))
        try Lanes.open(customers: customers, on: connection)
        let now = Timestamp.now
        let rows = try connection.query(
            """
            INSERT INTO messages (key, mission_id, gift_id, customer_id, text, correlation_id, trace, status, chat_id,
                                  created_at, updated_at)
            SELECT key, mission_id, gift_id, customer_id, text, correlation_id, trace,
                   CASE WHEN chats.chat_id IS NULL THEN 'Unlinked' ELSE 'Queued' END, chats.chat_id, $8, $8
            FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
                 WITH ORDINALITY AS new(key, mission_id, gift_id, customer_id, text, correlation_id, trace, position)
            LEFT JOIN chats ON chats.id = new.customer_id
            ORDER BY chats.chat_id, new.customer_id, position
            ON CONFLICT (key) DO NOTHING
            RETURNING \(Self.columns)
            """,
            [
                .textArray(drafts.map(\.message.key)), .int8Array(drafts.map(\.message.missionId)),
                .int8Array(drafts.map(\.message.giftId)), .int8Array(drafts.map(\.message.customerId)),
                .textArray(drafts.map(\.message.text)), .textArray(drafts.map(\.context.correlationID)),
                .textArray(drafts.map(\.context.trace.description)), .timestamp(now),
            ])
        return try rows.map { try entity($0) }
    }

    func find(keys: [String], on connection: PostgresConnection) throws -> [String: Message] {
        guard !keys.isEmpty else { return [:] }
        let rows = try connection.query(
            "SELECT \(Self.columns) FROM messages WHERE key = ANY($1::text[])", [.textArray(keys)])
        return Dictionary(try rows.map { try entity($0) }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func save(_ messages: [Message], on connection: PostgresConnection) throws {
        guard !messages.isEmpty else { return }
        _ = try connection.execute(
            """
            UPDATE messages SET version = news.version, status = news.status, reason = news.reason,
                updated_at = news.updated_at, claim = NULL
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
                AS news(id, version, status, reason, updated_at)
            WHERE messages.id = news.id
            """,
            [
                .int8Array(messages.map(\.id)), .int8Array(messages.map(\.version)),
                .textArray(messages.map(\.status.rawValue)), .textArray(messages.map(\.reason)),
                .timestampArray(messages.map(\.updatedAt)),
            ])
    }

    func notFound(_ id: Int64) -> DomainError { .messageNotFound(id) }
}

/// A message to be inserted, with the saga it belongs to.
struct MessageDraft: Sendable {
    let message: NewMessage
    let context: WriteContext
    /// Whether it may be claimed in the same commit.
    var mayClaim = false
}
