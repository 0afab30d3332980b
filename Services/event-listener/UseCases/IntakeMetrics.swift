import Logging
import Metrics

/// What the intake counts.
struct IntakeMetrics: Sendable {
    let stored = Counter(label: "events_stored_total")
    let duplicates = Counter(label: "events_duplicate_total")
    let logged = Counter(label: "events_logged_total")
    let failed = Counter(label: "events_failed_total")
    // Made once: looking a counter up by its labels costs more than counting.
    private let acceptedStored = Self.accepted(.stored)
    private let acceptedQueued = Self.accepted(.queued)
    private let flushes = Dictionary(
        uniqueKeysWithValues: FlushCause.allCases.map {
            ($0, Counter(label: "event_flushes_total", dimensions: [("cause", $0.rawValue)]))
        })
    private let batchSize = Recorder(label: "event_batch_size", aggregate: true)
    private let flushTime = Timer(label: "event_flush_seconds")
    private let logger: Logger?

    init(logger: Logger? = nil) { self.logger = logger }

    func accepted(_ count: Int, ack: Acknowledgement) {
        switch ack {
        case .stored: acceptedStored.increment(by: count)
        case .queued: acceptedQueued.increment(by: count)
        }
    }

    private static func accepted(_ ack: Acknowledgement) -> Counter {
        Counter(label: "events_accepted_total", dimensions: [("ack", ack.rawValue)])
    }

    /// - Parameter reason: A rejection's type.
    func rejected(_ reason: String, count: Int = 1) {
        Counter(label: "events_rejected_total", dimensions: [("reason", reason)]).increment(by: count)
    }

    func flushed(_ cause: FlushCause, events: Int, took: Duration) {
        flushes[cause]?.increment()
        batchSize.record(events)
        flushTime.recordNanoseconds(
            took.components.seconds * 1_000_000_000 + took.components.attoseconds / 1_000_000_000)
    }

    func count(_ outcomes: [Outcome]) {
        var (new, old, kept, lost) = (0, 0, 0, 0)
        for outcome in outcomes {
            switch outcome {
            case .stored: new += 1
            case .duplicate: old += 1
            case .logged: kept += 1
            case .rejected(let rejection): rejected(rejection.type)
            case .failed: lost += 1
            }
        }
        if new > 0 { stored.increment(by: new) }
        if old > 0 { duplicates.increment(by: old) }
        if kept > 0 { logged.increment(by: kept) }
        if lost > 0 { failed.increment(by: lost) }
    }

    func storeFailed(_ error: any Error) {
        logger?.warning("the store does not take events", metadata: ["error": "\(error)"])
    }
}
