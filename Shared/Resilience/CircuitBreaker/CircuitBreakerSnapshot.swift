/// A ``CircuitBreaker`` at one moment.
public struct CircuitBreakerSnapshot: Sendable, Hashable {
    public let state: CircuitBreakerState
    /// When this state was entered.
    public let since: ContinuousClock.Instant
    /// Calls in the window, or probes that have reported; 0 in the other states.
    public let calls: Int
    public let failures: Int
    public let slowCalls: Int
    /// Percent; `nil` while there are too few calls to judge.
    public let failureRate: Double?
    /// Percent; `nil` while there are too few calls to judge.
    public let slowCallRate: Double?
    /// Probes that have not reported yet.
    public let probesInFlight: Int
    /// When a call that is refused now has its next chance; `nil` while calls are permitted.
    public let retryAfter: Duration?
    /// Calls by outcome since the breaker was made; every outcome is there.
    public let totals: [CallOutcome: Int]
    /// Transitions since the breaker was made.
    public let transitions: Int
}
