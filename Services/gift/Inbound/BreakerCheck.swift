import Resilience
import ServiceRuntime

/// What `/readyz` tells of a breaker; information only, for gift serves its requests whatever telegram does.
enum BreakerCheck {
    static func result(_ snapshot: CircuitBreakerSnapshot) -> CheckResult {
        switch snapshot.state {
        case .closed, .forcedClosed: .pass(snapshot.state.title)
        case .halfOpen: .pass("HalfOpen: \(snapshot.probesInFlight) probes are under way")
        case .open, .forcedOpen: .fail("\(snapshot.state.title): customers are told through events")
        }
    }
}
