import Contracts

/// One callback that is to be made.
struct Delivery: Sendable {
    let message: QueuedMessage
    let groupID: Int64
    let group: String
    let epoch: Int64
    /// From 1.
    let attempt: Int
    let settings: GroupSettings

    /// Where to call; `nil` when neither the message nor the group says it.
    var callbackURL: String? { message.callbackURL ?? settings.callbackURL }
}
