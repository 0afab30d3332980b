/// What a failure means for whoever decides on a retry.
public enum FailureKind: Sendable, Hashable {
    /// The store or a peer is away or asks for a repeat: the same work will pass later, however often it takes.
    case unavailable
    /// A repeat may mend it; after some attempts it will not.
    case transient
    /// A repeat ends the same way.
    case permanent
}

/// An error that knows whether a repeat can mend it.
public protocol FailureClassifying: Error {
    var failureKind: FailureKind { get }
    /// Short stable name, fit for a metric's label and a dead letter's reason.
    var reason: String { get }
}
