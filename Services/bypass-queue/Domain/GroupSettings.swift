/// What becomes of a message that could not be delivered.
enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
    /// The group stops and says so.
    case block
    /// The message is set aside and the group goes on.
    case deadLetter = "dead-letter"
}

/// How a group's callbacks are made.
struct GroupSettings: Sendable, Hashable {
    /// Where to call when the message does not say it itself.
    var callbackURL: String?
    var policy = FailurePolicy.block
    /// From the first attempt to the last.
    var retryWindow: Duration
    /// Of one request, connecting included.
    var timeout: Duration
    /// Messages that come within this time of one another are put into their senders' order.
    var orderWindow = Duration.zero
    /// Each signs: the present one, and for a while the one before it.
    var secrets: [SigningSecret]
}
