import Contracts
import Resilience

/// What follows from the outcome of a claim: for the message, for its chat and for the limiter.
struct Settlement: Sendable, Hashable {
    enum Next: Sendable, Hashable {
        /// The message is done with.
        case done(MessageStatus, reason: String?)
        /// It stays queued.
        case again(partsSent: Int, attempts: Int)
        /// It stays queued, and everything for its chat goes to another chat.
        case moved(to: Int64, attempts: Int)
    }

    /// What all replicas learn from it.
    enum Note: Sendable, Hashable {
        case nothing
        case delivered
        case tooFast(retryAfter: Duration)
        case stop(String)
    }

    var next: Next
    /// How long the chat rests.
    var pause: Duration
    var note: Note = .nothing
}

/// Decides what follows from an outcome. Pure: knows no clock, no store, no network.
struct SettlementRules: Sendable {
    var limits: BotLimits
    /// Attempts that the Bot API may answer with an error of its own before the message fails.
    var maxAttempts: Int
    var backoff: Backoff

    init(
        limits: BotLimits, maxAttempts: Int = 8,
        backoff: Backoff = Backoff(base: .seconds(1), limit: .seconds(60), jitter: 0.2)
    ) {
        self.limits = limits
        self.maxAttempts = maxAttempts
        self.backoff = backoff
    }

    func settle(_ claim: Claim, _ result: SendResult, parts: Int) -> Settlement {
        let rest = limits.interval(chat: claim.chatId)
        let again = Settlement.Next.again(partsSent: claim.partsSent, attempts: claim.attempts)
        func done(_ status: MessageStatus, _ reason: String) -> Settlement.Next {
            .done(status, reason: parts > 1 ? "part \(claim.partsSent + 1) of \(parts): \(reason)" : reason)
        }
        switch result {
        case .delivered:
            let sent = claim.partsSent + 1
            let next = sent < parts ? Settlement.Next.again(partsSent: sent, attempts: 0) : .done(.sent, reason: nil)
            return Settlement(next: next, pause: rest, note: .delivered)
        case .tooFast(let pause):
            return Settlement(next: again, pause: max(pause, rest), note: .tooFast(retryAfter: pause))
        case .blocked(let reason):
            return Settlement(next: done(.blocked, reason), pause: rest)
        case .refused(let reason):
            return Settlement(next: done(.failed, reason), pause: rest)
        case .migrated(let chat):
            return retry(claim, pause: rest, done(.failed, "the chat moved too often")) {
                .moved(to: chat, attempts: $0)
            }
        case .serverError(let reason):
            let pause = max(rest, backoff.pause(afterAttempt: claim.attempts + 1))
            return retry(claim, pause: pause, done(.failed, reason)) {
                .again(partsSent: claim.partsSent, attempts: $0)
            }
        case .misconfigured(let reason):
            return Settlement(next: again, pause: .zero, note: .stop(reason))
        case .notSent(let reason, let isPeerAway):
            return Settlement(next: again, pause: .zero, note: isPeerAway ? .stop(reason) : .nothing)
        case .lost(let reason):
            return Settlement(next: done(.uncertain, reason), pause: rest, note: .stop(reason))
        }
    }

    private func retry(
        _ claim: Claim, pause: Duration, _ failure: Settlement.Next, _ next: (Int) -> Settlement.Next
    ) -> Settlement {
        let attempts = claim.attempts + 1
        return Settlement(next: attempts < maxAttempts ? next(attempts) : failure, pause: pause)
    }
}
