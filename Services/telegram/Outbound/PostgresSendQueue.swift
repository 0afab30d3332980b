import Contracts
import Foundation
import Metrics
import Outbox
import Postgres

/// The queue in PostgreSQL. Every change of a message is committed together with its event.
struct PostgresSendQueue: SendQueue {
    /// When to look again at lanes that others had locked for a moment.
    private static let lockedPause: Duration = .milliseconds(20)

    private let pool: PostgresPool
    private let claims: Claims
    private let rate: Double
    private let store = MessageStore()

    init(pool: PostgresPool, claims: Claims, rate: Double) {
        self.pool = pool
        self.claims = claims
        self.rate = rate
    }

    func claim(upTo count: Int) async throws -> ClaimRound {
        // First a look that locks nothing: a lock alone would cost a commit on disk, and the limiter is often closed.
        let closed = try await pool.run { [rate] connection in
            let (limiter, now) = try LimiterRow.read(on: connection, lock: false)
            return ClaimRound(closed: limiter, rate: rate, now: max(now, limiter.refilledAt))
        }
        if let closed { return closed }
        return try await pool.transaction { [claims, rate] connection in
            try LimiterRow.update(on: connection) { limiter, now in
                if let round = ClaimRound(closed: limiter, rate: rate, now: now) { return round }
                let room = min(count, limiter.room(rate: rate, now: now))
                let chats = try Lanes.lockReady(room, on: connection)
                // A statement of its own: its snapshot is younger than the locks, so it sees what was just sent.
                let heads = try Lanes.heads(chats, on: connection)
                let found = try claims.take(heads, on: connection)
                _ = limiter.take(upTo: found.count, rate: rate, now: now)
                try Lanes.close(Array(Set(chats).subtracting(heads.map(\.chat))), on: connection)
                return ClaimRound(claims: found, pause: found.isEmpty ? Self.lockedPause : .zero)
            }
        }
    }

    func nextReady() async throws -> Duration? {
        try await pool.run { try Lanes.pause(on: $0).map { .seconds($0) } }
    }

    func status() async throws -> SendLimiter {
        try await pool.run { try LimiterRow.read(on: $0, lock: false).limiter }
    }

    func settle(_ claim: Claim, _ settlement: Settlement) async throws -> Message? {
        let outcome = try await pool.transaction { [store] connection -> (message: Message, scope: String?)? in
            try MessageStore.lockLinks(exclusive: settlement.changesLinks, on: connection)
            guard try Lanes.release(claim, pause: settlement.pause, on: connection),
                var message = try store.lock([claim.messageId], on: connection)[claim.messageId]
            else { return nil }
            try settlement.apply(to: &message, of: claim, store, on: connection)
            return (message, try settlement.note.apply(chat: claim.chatId, on: connection))
        }
        guard let outcome else { return nil }
        if outcome.message.status != .queued { MessageMetrics.count([outcome.message]) }
        if let scope = outcome.scope {
            Counter(label: "telegram_429_total", dimensions: [("scope", scope)]).increment()
        }
        return outcome.message
    }

    func sweep(except held: [UUID]) async throws -> Int {
        let messages = try await pool.transaction { [store] connection -> [Message] in
            let rows = try connection.query(
                """
                WITH lapsed AS (
                    SELECT chat_id, message_id FROM lanes
                    WHERE lease_until < clock_timestamp() AND NOT claim = ANY($1::uuid[])
                    ORDER BY chat_id LIMIT 500 FOR UPDATE SKIP LOCKED
                )
                UPDATE lanes SET message_id = NULL, claim = NULL, claimed_by = NULL, lease_until = NULL
                FROM lapsed WHERE lanes.chat_id = lapsed.chat_id RETURNING lapsed.message_id
                """, [.uuidArray(held)])
            var messages = Array(try store.lock(try rows.map { try $0.int64(0) }, on: connection).values)
            let now = Timestamp.now
            for index in messages.indices {
                try messages[index].become(
                    .uncertain, reason: "whoever sent it did not report an outcome in time", at: now)
            }
            try store.save(messages, on: connection)
            try OutboxTable.insert(messages.map(\.stateEvent), on: connection)
            return messages
        }
        MessageMetrics.count(messages)
        return messages.count
    }

    func limiter<Value: Sendable>(
        _ change: @escaping @Sendable (inout SendLimiter, Timestamp) -> Value
    ) async throws -> Value {
        try await pool.transaction { try LimiterRow.update(on: $0, change) }
    }

    func depth() async throws -> Int {
        try await pool.run { connection in
            let rows = try connection.query(
                "SELECT count(*) FROM (SELECT 1 FROM messages WHERE status = 'Queued' LIMIT 1000000) queued")
            return Int(try rows.first?.int64(0) ?? 0)
        }
    }
}

/// `telegram_messages_total`, by the status that messages took on.
enum MessageMetrics {
    static func count(_ messages: some Sequence<Message>) {
        for (status, group) in Dictionary(grouping: messages, by: \.status) {
            Counter(label: "telegram_messages_total", dimensions: [("status", status.rawValue)])
                .increment(by: group.count)
        }
    }
}
