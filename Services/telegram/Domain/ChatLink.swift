import Contracts

/// Which Telegram chat a customer is reached in.
struct ChatLink: AggregateRoot, Hashable {
    /// The customer's id.
    let id: Int64
    var version: Int64
    /// `nil` once the link has been taken away.
    var chatId: Int64?
    var updatedAt: Timestamp

    var owner: Int64? { id }
}

/// What is done to a link.
enum ChatChange: Sendable, Hashable {
    case link(customerId: Int64, chatId: Int64)
    case unlink(customerId: Int64)
    /// A code that the customer sent from this chat.
    case redeem(LinkCode, chatId: Int64)
}
