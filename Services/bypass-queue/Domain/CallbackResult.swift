import Contracts

/// What came of one request to a receiver.
enum CallbackResult: Sendable, Hashable {
    /// A complete answer.
    case answer(status: Int, retryAfter: String?, start: [UInt8])
    /// No complete answer; the request may have been processed.
    case failed(reason: String)
    /// It must not be sent, now or later: where it would go is not permitted.
    case refused(reason: String)
    /// It was not sent, for reasons that are not the receiver's; counts as no attempt.
    case notSent(reason: String)
}

/// One attempt, as it is recorded.
struct Attempt: Sendable, Hashable {
    /// How much of an answer is kept.
    static let keptBytes = 4_096

    let number: Int
    let epoch: Int64
    let startedAt: Timestamp
    let duration: Duration
    let statusCode: Int?
    /// Why it failed; `nil` when it did not.
    let reason: String?
    /// The first bytes of the answer.
    let answer: [UInt8]
}
