import ServiceRuntime

/// What a caller left to be answered with.
enum EventReceipt: Sendable {
    /// One event that came alone: it is answered on its connection's event loop.
    case responder(FastResponder)
    /// A part of a larger request.
    case part(Submission, line: Int)

    /// Answers a whole batch: one hop to each event loop, one lock for each request.
    static func answer(_ batch: [(EventReceipt, Outcome)]) {
        var alone: [(responder: FastResponder, answer: FastAnswer)] = []
        var parts: [(line: Int, outcome: Outcome)] = []
        var current: Submission?
        for (receipt, outcome) in batch {
            switch receipt {
            case .responder(let responder): alone.append((responder, EventAnswer.single(outcome)))
            case .part(let submission, let line):
                if current !== submission {
                    current?.settle(parts)
                    parts.removeAll(keepingCapacity: true)
                    current = submission
                }
                parts.append((line, outcome))
            }
        }
        current?.settle(parts)
        if !alone.isEmpty { FastResponder.answer(alone) }
    }
}

typealias ServiceIntake = EventIntake<EventReceipt>
