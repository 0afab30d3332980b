import Contracts

/// A webhook that waits for its callback.
struct QueuedMessage: Sendable, Hashable {
    let id: Int64
    /// Its place in its group. While ``isOrdered`` is false, the place of its arrival.
    let sequence: Int64
    /// Whether its ordering window, if the group has one, is closed.
    let isOrdered: Bool
    let acceptedAt: Timestamp
    /// What the sender gave; `nil` otherwise.
    let givenWebhookID: String?
    /// Where to call, if not where the group says.
    let callbackURL: String?
    let contentType: String?
    let correlationID: String?
    let body: [UInt8]

    /// Stable over all attempts.
    var webhookID: String { Self.webhookID(given: givenWebhookID, id: id) }

    static func webhookID(given: String?, id: Int64) -> String { given ?? "msg_\(id)" }
}

extension QueuedMessage {
    /// A message that was just stored.
    init(_ message: IncomingMessage, id: Int64, sequence: Int64, isOrdered: Bool, acceptedAt: Timestamp) {
        self.init(
            id: id, sequence: sequence, isOrdered: isOrdered, acceptedAt: acceptedAt,
            givenWebhookID: message.webhookID, callbackURL: message.callbackURL, contentType: message.contentType,
            correlationID: message.correlationID, body: message.body)
    }
}
