// The Bot API's types, as far as the sandbox answers or sends them; `JSONAnswer.botEncoder` gives the names their
// snake case.

/// `{"ok": true, "result": …}`
struct BotAnswer<Result: Encodable & Sendable>: Encodable {
    var ok = true
    var result: Result
    /// Some methods say what they did.
    var description: String?
}

/// https://core.telegram.org/bots/api#user
struct BotUser: Encodable, Sendable {
    var id: Int64
    var isBot: Bool
    var firstName: String
    var username: String?

    /// The bot that `token` belongs to: the number before its colon is the bot's id.
    static func bot(token: String) -> Self {
        let id = token.split(separator: ":").first.flatMap { Int64($0) } ?? 1
        return Self(id: id, isBot: true, firstName: "Sandbox", username: "sandbox_bot")
    }
}

/// https://core.telegram.org/bots/api#chat
struct BotChat: Encodable, Sendable {
    var id: Int64
    var type: String
    var title: String?
    var firstName: String?

    /// Positive ids are private chats, negative ones are groups.
    init(_ id: Int64) {
        self.id = id
        type = id > 0 ? "private" : "supergroup"
        title = id > 0 ? nil : "Group \(-id)"
        firstName = id > 0 ? "Customer \(id)" : nil
    }
}

/// https://core.telegram.org/bots/api#message
struct BotMessage: Encodable, Sendable {
    var messageId: Int64
    var from: BotUser
    var chat: BotChat
    /// Seconds since 1970.
    var date: Int
    var text: String
}

/// https://core.telegram.org/bots/api#update
struct BotUpdate: Encodable, Sendable {
    var updateId: Int64
    var message: BotMessage
}
