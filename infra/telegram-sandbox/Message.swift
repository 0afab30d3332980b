/// One message that the sandbox was sent.
struct Message: Codable, Sendable, Hashable {
    /// Grows by one from message to message; the `message_id` of the Bot API's answer.
    var id: Int64
    var chatId: Int64
    var text: String
    /// RFC 3339, UTC.
    var receivedAt: String
}
