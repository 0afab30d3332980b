/// A ``CircuitBreaker`` let the call not through; nothing was sent.
public struct CallNotPermitted: Error, Sendable, Hashable, CustomStringConvertible {
    /// The breaker's name.
    public let breaker: String
    /// ``CircuitBreakerState/open``, ``CircuitBreakerState/halfOpen`` or ``CircuitBreakerState/forcedOpen``.
    public let state: CircuitBreakerState
    /// Open: until the first probe. Half-open: at most so long until a permit is free. Forced open: the open time, as
    /// only the operator knows.
    public let retryAfter: Duration?

    public init(breaker: String, state: CircuitBreakerState, retryAfter: Duration?) {
        self.breaker = breaker
        self.state = state
        self.retryAfter = retryAfter
    }

    public var description: String { "the circuit breaker \(breaker) permits no call (\(state.rawValue))" }
}

extension CallNotPermitted: RetryAfterCarrying {}

extension CallNotPermitted: FailureClassifying {
    public var failureKind: FailureKind { .unavailable }
    public var reason: String { "circuit-open" }
}
