/// A webhook as a sender hands it in.
struct IncomingMessage: Sendable {
    let group: String
    let callbackURL: String?
    let webhookID: String?
    let priority: Int64?
    let messageSequence: Int64?
    let contentType: String?
    let correlationID: String?
    let body: [UInt8]
}

/// What the sender is told once the message is durable.
struct Receipt: Sendable, Hashable {
    let id: Int64
    let group: String
    let sequence: Int64
}
