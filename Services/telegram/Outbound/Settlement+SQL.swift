import Contracts
import Outbox
import Postgres

extension Settlement {
    var changesLinks: Bool {
        if case .moved = next { true } else { false }
    }

    /// Writes what follows for the message, whose row and lane are locked and whose claim is proved.
    func apply(
        to message: inout Message, of claim: Claim, _ store: MessageStore, on connection: PostgresConnection
    ) throws {
        switch next {
        case .done(let status, let reason):
            try finish(&message, status, reason, store, on: connection)
        case .again(let partsSent, let attempts):
            try requeue(claim, partsSent: partsSent, attempts: attempts, on: connection)
            try follow(&message, of: claim, store, on: connection)
        case .moved(let chat, let attempts):
            try requeue(claim, partsSent: claim.partsSent, attempts: attempts, on: connection)
            try move(from: claim.chatId, to: chat, on: connection)
        }
    }

    private func finish(
        _ message: inout Message, _ status: MessageStatus, _ reason: String?, _ store: MessageStore,
        on connection: PostgresConnection
    ) throws {
        try message.become(status, reason: reason, at: .now)
        try store.save([message], on: connection)
        try OutboxTable.insert([message.stateEvent], on: connection)
    }

    private func requeue(_ claim: Claim, partsSent: Int, attempts: Int, on connection: PostgresConnection) throws {
        _ = try connection.execute(
            "UPDATE messages SET claim = NULL, parts_sent = $2, attempts = $3 WHERE id = $1",
            [.int8(claim.messageId), .int4(Int32(partsSent)), .int4(Int32(attempts))])
    }

    /// While the message was on its way, the customer may have been linked to another chat, or to none.
    private func follow(
        _ message: inout Message, of claim: Claim, _ store: MessageStore, on connection: PostgresConnection
    ) throws {
        let rows = try connection.query("SELECT chat_id FROM chats WHERE id = $1", [.int8(message.customerId)])
        guard let chat = try rows.first?.int64OrNil(0) else {
            return try finish(&message, .unlinked, nil, store, on: connection)
        }
        guard chat != claim.chatId else { return }
        _ = try connection.execute("UPDATE messages SET chat_id = $2 WHERE id = $1", [.int8(message.id), .int8(chat)])
        try Lanes.open(chat: chat, on: connection)
    }

    /// A group became a supergroup: its links and all that is queued for it follow.
    private func move(from old: Int64, to new: Int64, on connection: PostgresConnection) throws {
        _ = try connection.execute(
            "UPDATE chats SET chat_id = $2, version = version + 1, updated_at = now() WHERE chat_id = $1",
            [.int8(old), .int8(new)])
        _ = try connection.execute(
            "UPDATE messages SET chat_id = $2 WHERE chat_id = $1 AND status = 'Queued' AND claim IS NULL",
            [.int8(old), .int8(new)])
        try Lanes.open(chat: new, on: connection)
    }
}

extension Settlement.Note {
    /// Tells the limiter; returns the scope of a 429.
    func apply(chat: Int64, on connection: PostgresConnection) throws -> String? {
        switch self {
        case .nothing:
            return nil
        case .delivered:
            try LimiterRow.clearSuspects(on: connection)
            return nil
        case .stop(let reason):
            try LimiterRow.update(on: connection) { limiter, now in limiter.stop(reason, now: now) }
            return nil
        case .tooFast(let pause):
            return try LimiterRow.update(on: connection) { limiter, now in
                limiter.refused(chat: chat, retryAfter: pause, now: now) ? "global" : "chat"
            }
        }
    }
}
