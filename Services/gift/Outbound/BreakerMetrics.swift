import Logging
import Metrics
import Resilience

/// Counts a breaker's calls and logs its transitions.
struct BreakerMetrics: CircuitBreakerObserver {
    private let calls: [CallOutcome: Counter]
    private let name: String
    private let logger: Logger

    init(name: String, logger: Logger) {
        self.name = name
        self.logger = logger
        calls = Dictionary(
            uniqueKeysWithValues: CallOutcome.allCases.map { outcome in
                (
                    outcome,
                    Counter(
                        label: "circuit_breaker_calls_total",
                        dimensions: [("name", name), ("outcome", outcome.rawValue)])
                )
            })
    }

    func circuitBreaker(_ name: String, finished outcome: CallOutcome, duration: Duration?) {
        calls[outcome]?.increment()
    }

    func circuitBreaker(_ name: String, changed transition: CircuitBreakerTransition) {
        Counter(
            label: "circuit_breaker_transitions_total", dimensions: [("name", name), ("to", transition.to.rawValue)]
        ).increment()
        logger.notice(
            "A circuit breaker changed its state",
            metadata: [
                "breaker.name": "\(name)", "breaker.from": "\(transition.from.rawValue)",
                "breaker.to": "\(transition.to.rawValue)", "breaker.reason": "\(transition.reason)",
            ])
    }

    /// Sets the gauges; before each scrape.
    func record(_ breaker: CircuitBreaker, _ bulkhead: Bulkhead) {
        let state = breaker.snapshot.state
        for other in CircuitBreakerState.allCases {
            Gauge(label: "circuit_breaker_state", dimensions: [("name", name), ("state", other.rawValue)])
                .record(other == state ? 1 : 0)
        }
        let load = bulkhead.snapshot
        Gauge(label: "bulkhead_running", dimensions: [("name", name)]).record(load.running)
        Gauge(label: "bulkhead_waiting", dimensions: [("name", name)]).record(load.waiting)
    }
}
