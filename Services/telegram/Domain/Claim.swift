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
}
