import Contracts
import Foundation

/// The right to send one part of one message now, held by one replica for a limited time.
struct Claim: Sendable, Hashable {
    /// Proves the claim: an outcome counts only while the message still carries it.
    let token: UUID
    let messageId: Int64
    let chatId: Int64
    let text: String
    /// Parts that have been delivered; the claim is for the next one.
    let partsSent: Int
    /// Attempts that were used up before this one.
    let attempts: Int
    /// Nothing may be sent later than this, by this process's own clock.
    let sendBefore: ContinuousClock.Instant
}

/// What a look for work found.
struct ClaimRound: Sendable {
    var claims: [Claim] = []
    /// When something may be ready, if that is known.
    var pause: Duration?
    /// Sending is stopped, and somebody must ask whether the Bot API answers again.
    var isProbeDue = false
    /// The token's own limit is used up until ``pause`` is over: what is queued meanwhile goes no earlier.
    var isLimited = false
}

extension ClaimRound {
    /// The round in which nothing can be claimed because the limiter is closed; `nil` if it is open.
    init?(closed limiter: SendLimiter, rate: Double, now: Timestamp) {
        guard let opening = limiter.opening(rate: rate, now: now) else { return nil }
        self.init(
            pause: .milliseconds(opening.milliseconds - now.milliseconds),
            isProbeDue: limiter.probeAt.map { $0 <= now } ?? false, isLimited: limiter.probeAt == nil)
    }
}
