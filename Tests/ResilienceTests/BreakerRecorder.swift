import Resilience
import Synchronization

/// Remembers what a breaker told it.
final class BreakerRecorder: CircuitBreakerObserver {
    private let state = Mutex((calls: [(CallOutcome, Duration?)](), transitions: [CircuitBreakerTransition]()))

    func circuitBreaker(_ name: String, finished outcome: CallOutcome, duration: Duration?) {
        state.withLock { $0.calls.append((outcome, duration)) }
    }

    func circuitBreaker(_ name: String, changed transition: CircuitBreakerTransition) {
        state.withLock { $0.transitions.append(transition) }
    }

    var outcomes: [CallOutcome] { state.withLock { $0.calls.map(\.0) } }
    var durations: [Duration?] { state.withLock { $0.calls.map(\.1) } }
    var transitions: [CircuitBreakerTransition] { state.withLock { $0.transitions } }

    func count(_ outcome: CallOutcome) -> Int { outcomes.count { $0 == outcome } }
}
