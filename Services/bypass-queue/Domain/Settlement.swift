import Contracts

/// What is recorded after a callback, in one commit.
struct Settlement: Sendable {
    enum Step: Sendable, Hashable {
        case delivered
        case retry(at: Timestamp)
        case blocked
        case deadLettered
    }

    let delivery: Delivery
    let step: Step
    /// Of the message, this attempt included.
    let progress: HeadProgress
    /// Whether the group's row says anything of this message yet.
    let hasProgress: Bool
    let attempt: Attempt

    init(
        delivery: Delivery, verdict: RetryRule.Verdict, policy: FailurePolicy, progress: HeadProgress,
        hasProgress: Bool, result: CallbackResult, startedAt: Timestamp, duration: Duration
    ) {
        self.delivery = delivery
        self.hasProgress = hasProgress
        var progress = progress
        let reason: String?
        switch verdict {
        case .delivered: (step, reason) = (.delivered, nil)
        case .retry(let moment, let text):
            (step, reason) = (.retry(at: moment), text)
            progress.nextAt = moment
        case .giveUp(let text): (step, reason) = (policy == .block ? .blocked : .deadLettered, text)
        }
        if case .retry = step {} else { progress.events += 1 }
        self.progress = progress
        var status: Int?
        var start: [UInt8] = []
        if case .answer(let code, _, let bytes) = result { (status, start) = (code, bytes) }
        attempt = Attempt(
            number: delivery.attempt, epoch: delivery.epoch, startedAt: startedAt, duration: duration,
            statusCode: status, reason: reason, answer: start)
    }

    /// What the group's row says afterwards.
    var progressAfter: HeadProgress {
        switch step {
        case .delivered, .deadLettered: HeadProgress()
        case .retry, .blocked: progress
        }
    }

    /// For metrics.
    var outcome: String {
        switch step {
        case .delivered: "delivered"
        case .retry: "retry"
        case .blocked: "blocked"
        case .deadLettered: "dead-lettered"
        }
    }
}
