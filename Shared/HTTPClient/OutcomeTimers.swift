import Metrics
import Synchronization

/// The timers of `http_client_seconds`, one for each outcome: looking one up here costs less than in the registry, by its
/// labels.
final class OutcomeTimers: Sendable {
    private let timers = Mutex<[String: Timer]>([:])

    subscript(outcome: String) -> Timer {
        timers.withLock { timers in
            if let timer = timers[outcome] { return timer }
            let timer = Timer(label: "http_client_seconds", dimensions: [("outcome", outcome)])
            timers[outcome] = timer
            return timer
        }
    }
}
