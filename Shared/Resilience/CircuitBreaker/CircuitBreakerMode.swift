/// What an operator may choose.
public enum CircuitBreakerMode: String, Sendable, Hashable, CaseIterable {
    /// The window and the probes decide. Coming from a forced mode it begins closed, with an empty window.
    case automatic
    case forcedOpen
    case forcedClosed
}
