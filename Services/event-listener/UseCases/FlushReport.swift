import Contracts

/// What the latest flush was.
struct FlushReport: Sendable, Hashable {
    let cause: String
    let events: Int
    let took: Duration
    let at: Timestamp

    init(_ cause: String, events: Int, took: Duration) {
        self.cause = cause
        self.events = events
        self.took = took
        at = .now
    }
}
