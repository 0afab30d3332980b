/// Where a ``CircuitBreaker`` stands.
public enum CircuitBreakerState: String, Sendable, Hashable, CaseIterable {
    /// Every call goes through; the window judges them.
    case closed
    /// No call goes through until the open time is over.
    case open
    /// So many probes go through; they decide.
    case halfOpen
    /// An operator refuses every call.
    case forcedOpen
    /// An operator lets every call through, whatever comes of it.
    case forcedClosed
}
