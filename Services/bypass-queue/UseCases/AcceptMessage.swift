import Contracts
import Metrics

/// Checks a message and makes it durable.
struct AcceptMessage: Sendable {
    let intake: any MessageIntake
    let urls: CheckedURLs
    let gauge: QueueGauge
    let budget: IntakeBudget
    private let accepted = Counter(label: "bypass_accepted_total")

    init(intake: any MessageIntake, urls: CheckedURLs, gauge: QueueGauge, budget: IntakeBudget) {
        self.intake = intake
        self.urls = urls
        self.gauge = gauge
        self.budget = budget
    }

    /// - Errors: 422 for a callback URL that is not allowed, 429 and 503 when the group or the queue is full, 503 while
    ///   the store is away.
    func callAsFunction(_ message: IncomingMessage) async throws -> Receipt {
        try await withCheckedThrowingContinuation { continuation in
            self([(message, { @Sendable in continuation.resume(with: $0) })])
        }
    }

    /// The same for callers without a task; each completion is called once, on any thread.
    func callAsFunction(_ messages: [(IncomingMessage, MessageIntake.Completion)]) {
        var good: [(IncomingMessage, MessageIntake.Completion)] = []
        good.reserveCapacity(messages.count)
        for (message, completion) in messages {
            do {
                try gauge.check()
                if let url = message.callbackURL { _ = try urls.check(url) }
            } catch {
                completion(.failure(error))
                continue
            }
            let counted: MessageIntake.Completion = { [accepted] result in
                if case .success = result { accepted.increment() }
                completion(result)
            }
            good.append((message, counted))
        }
        intake.accept(good)
    }
}
