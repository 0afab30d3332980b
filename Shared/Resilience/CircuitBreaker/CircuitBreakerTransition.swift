/// A step from one state to another.
public struct CircuitBreakerTransition: Sendable, Hashable {
    /// Why it was made.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case failureRate, slowCallRate, openTimeOver, probesPassed, probesFailed, `operator`
    }

    public let from: CircuitBreakerState
    public let to: CircuitBreakerState
    public let reason: Reason
    /// Counts up by one with each transition. Observers on different threads may hear of two in the other order.
    public let number: Int
}
