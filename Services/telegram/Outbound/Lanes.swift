import Contracts
import Foundation
import Postgres

/// The SQL of the chats' lanes.
///
/// Order of locks: links, lanes, messages, limiter. Only looking for work takes the limiter first, and that never
/// waits for a lane.
enum Lanes {
    /// Locks the lanes of the customers' chats and says that something waits there.
    static func open(customers: [Int64], on connection: PostgresConnection) throws {
        _ = try connection.execute(
            """
            INSERT INTO lanes (chat_id, ready_at, is_waiting)
            SELECT DISTINCT chat_id, now(), true FROM chats
            WHERE id = ANY($1::bigint[]) AND chat_id IS NOT NULL ORDER BY chat_id
            ON CONFLICT (chat_id) DO UPDATE SET is_waiting = true WHERE NOT lanes.is_waiting
            """, [.int8Array(customers)])
    }

    static func open(chat: Int64, on connection: PostgresConnection) throws {
        _ = try connection.execute(
            """
            INSERT INTO lanes (chat_id, ready_at, is_waiting) VALUES ($1, now(), true)
            ON CONFLICT (chat_id) DO UPDATE SET is_waiting = true WHERE NOT lanes.is_waiting
            """, [.int8(chat)])
    }

    /// Locks up to `count` lanes in which a message may go now, the longest ready first, without waiting for any.
    static func lockReady(_ count: Int, on connection: PostgresConnection) throws -> [Int64] {
        let rows = try connection.query(
            """
            SELECT chat_id FROM lanes
            WHERE is_waiting AND claim IS NULL AND ready_at <= clock_timestamp()
            ORDER BY ready_at LIMIT $1 FOR UPDATE SKIP LOCKED
            """, [.int8(Int64(count))])
        return try rows.map { try $0.int64(0) }
    }

    /// The chats in which these messages are queued.
    static func chats(of messages: [Int64], on connection: PostgresConnection) throws -> [Int64] {
        let rows = try connection.query(
            "SELECT DISTINCT chat_id FROM messages WHERE id = ANY($1::bigint[]) AND chat_id IS NOT NULL",
            [.int8Array(messages)])
        return try rows.map { try $0.int64(0) }
    }

    /// Which of these lanes, all locked, are idle and ready.
    static func ready(among chats: [Int64], on connection: PostgresConnection) throws -> [Int64] {
        let rows = try connection.query(
            """
            SELECT chat_id FROM lanes
            WHERE chat_id = ANY($1::bigint[]) AND claim IS NULL AND ready_at <= clock_timestamp()
            """, [.int8Array(chats)])
        return try rows.map { try $0.int64(0) }
    }

    /// Seconds until the first lane is ready: none if nothing waits, negative if one is ready now.
    static func pause(on connection: PostgresConnection) throws -> Double? {
        let rows = try connection.query(
            """
            SELECT extract(epoch FROM min(ready_at) - clock_timestamp())::float8
            FROM lanes WHERE is_waiting AND claim IS NULL
            """)
        return try rows.first?.doubleOrNil(0)
    }

    /// The oldest queued message of each of these lanes, all locked.
    static func heads(_ chats: [Int64], on connection: PostgresConnection) throws -> [(chat: Int64, message: Int64)] {
        let rows = try connection.query(
            """
            SELECT lane.chat_id, head.id FROM unnest($1::bigint[]) WITH ORDINALITY AS lane(chat_id, position)
            CROSS JOIN LATERAL (
                SELECT id FROM messages WHERE messages.chat_id = lane.chat_id AND status = 'Queued'
                ORDER BY id LIMIT 1
            ) head
            ORDER BY lane.position
            """, [.int8Array(chats)])
        return try rows.map { (try $0.int64(0), try $0.int64(1)) }
    }

    /// Says of these lanes, all locked, that nothing waits there.
    static func close(_ chats: [Int64], on connection: PostgresConnection) throws {
        guard !chats.isEmpty else { return }
        _ = try connection.execute(
            "UPDATE lanes SET is_waiting = false WHERE chat_id = ANY($1::bigint[])", [.int8Array(chats)])
    }

    /// Ends a claim and lets the chat rest; `false` if the claim had lapsed.
    static func release(_ claim: Claim, pause: Duration, on connection: PostgresConnection) throws -> Bool {
        try connection.execute(
            """
            UPDATE lanes SET message_id = NULL, claim = NULL, claimed_by = NULL, lease_until = NULL, is_waiting = true,
                ready_at = greatest(ready_at, clock_timestamp() + make_interval(secs => $3))
            WHERE chat_id = $1 AND claim = $2
            """, [.int8(claim.chatId), .uuid(claim.token), .double(pause.inSeconds)]) == 1
    }
}
