import Contracts
import ServiceRuntime

/// The body of `POST /telegrams`.
struct NewMessageBody: JSONBody {
    static let fields = ["key", "customerId", "text", "giftId", "missionId"]
    let draft: NewMessage

    init(_ fields: inout JSONFields) throws {
        draft = try NewMessage(
            key: try fields.string("key", maxLength: NewMessage.maxKeyLength),
            customerId: try fields.id("customerId"),
            text: try fields.string("text", maxLength: NewMessage.maxTextLength),
            giftId: try fields.optionalID("giftId"),
            missionId: try fields.optionalID("missionId"))
    }
}

/// The body of `PUT /chats/{customerId}`.
struct ChatBody: JSONBody {
    static let fields = ["chatId"]
    let chatId: Int64

    init(_ fields: inout JSONFields) throws {
        chatId = try fields.int64("chatId")
        guard chatId != 0 else { throw fields.invalid("chatId", "must not be zero; groups have negative ids") }
    }
}

/// An update of the Bot API, as far as it concerns us. The format is Telegram's: unknown fields and kinds are let pass.
struct UpdateBody: JSONBody {
    static let fields: [String] = []
    static let allowsUnknownFields = true
    /// Text and chat of a message, if it is one.
    let message: (text: String, chatId: Int64)?

    init(_ fields: inout JSONFields) throws {
        guard let message = fields.raw("message"), case .string(let text) = message["text"],
            let chatId = message["chat"]?["id"]?.int64
        else {
            self.message = nil
            return
        }
        self.message = (text, chatId)
    }
}

extension JSONValue {
    /// A member of an object.
    fileprivate subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

/// A message as answers show it; what it has not got is `null`.
struct MessageAnswer: Encodable, Sendable {
    let message: Message

    private enum Key: CodingKey {
        case id, version, key, missionId, giftId, customerId, text, status, reason, createdAt, updatedAt
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(message.id, forKey: .id)
        try container.encode(message.version, forKey: .version)
        try container.encode(message.key, forKey: .key)
        try container.encode(message.missionId, forKey: .missionId)
        try container.encode(message.giftId, forKey: .giftId)
        try container.encode(message.customerId, forKey: .customerId)
        try container.encode(message.text, forKey: .text)
        try container.encode(message.status, forKey: .status)
        try container.encode(message.reason, forKey: .reason)
        try container.encode(message.createdAt, forKey: .createdAt)
        try container.encode(message.updatedAt, forKey: .updatedAt)
    }
}

/// A link as answers show it.
struct ChatAnswer: Encodable, Sendable {
    let customerId: Int64
    let chatId: Int64?
    let version: Int64
    let updatedAt: Timestamp

    init(_ link: ChatLink) {
        customerId = link.id
        chatId = link.chatId
        version = link.version
        updatedAt = link.updatedAt
    }
}
