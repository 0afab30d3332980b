/// The right to make one call, from ``CircuitBreaker/acquire()``; it ends with exactly one report or hand-back.
///
/// It belongs to the state it was given in: what is reported after the breaker has moved on counts for nothing.
public struct CircuitBreakerPermit: Sendable, Hashable {
    let generation: Int
    /// `nil` outside half-open.
    let probe: Int?
}
