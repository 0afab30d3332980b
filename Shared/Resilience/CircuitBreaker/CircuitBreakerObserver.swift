/// Hears what a ``CircuitBreaker`` does, for metrics and logs.
///
/// Called outside the breaker's lock, on the thread of the call; it must return at once. It may read the snapshot.
public protocol CircuitBreakerObserver: Sendable {
    /// A call has ended, was refused, or is taken for lost.
    ///
    /// - Parameter duration: `nil` where there was no call to measure.
    func circuitBreaker(_ name: String, finished outcome: CallOutcome, duration: Duration?)
    func circuitBreaker(_ name: String, changed transition: CircuitBreakerTransition)
}
