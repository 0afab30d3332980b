import Metrics
import ServiceRuntime

/// Gauges that are looked up at each scrape.
struct ListenerGauges: Sendable {
    let intake: ServiceIntake
    let recovery: RecoveryLog
    let index: @Sendable () -> IndexStatus

    func register(_ registry: PrometheusRegistry) {
        let events = Gauge(label: "event_buffer_events")
        let bytes = Gauge(label: "event_buffer_bytes")
        let oldest = Gauge(label: "event_oldest_unstored_seconds")
        let logged = Gauge(label: "recovery_log_events")
        let loggedBytes = Gauge(label: "recovery_log_bytes")
        let logIsWell = Gauge(label: "recovery_log_up")
        let postgres = Gauge(label: "sink_up", dimensions: [("sink", "postgres")])
        let elasticsearch = Gauge(label: "sink_up", dimensions: [("sink", "elasticsearch")])
        let lag = Gauge(label: "sink_lag_seconds", dimensions: [("sink", "elasticsearch")])
        registry.onScrape { [self] in
            let (status, backlog, index) = (intake.status, recovery.backlog, index())
            events.record(status.events)
            bytes.record(status.bytes)
            oldest.record(Self.seconds(status.oldestAge))
            logged.record(backlog.events)
            loggedBytes.record(backlog.bytes)
            logIsWell.record(backlog.fault == nil ? 1 : 0)
            postgres.record(status.storeAwayFor == nil ? 1 : 0)
            guard index.state != .off else { return }
            elasticsearch.record(index.state == .down ? 0 : 1)
            if let age = index.lag() { lag.record(Self.seconds(age)) }
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
