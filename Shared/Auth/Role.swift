/// What a caller is to the suite. A token lists its roles in the claim `roles`.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// A player: sees and changes what is its own.
    case customer
    /// One who runs the suite: revokes, works on queues and breakers, sees every customer's data.
    case `operator`
    /// Another program: gift towards telegram, collectors, senders of events and webhooks.
    case service
}
