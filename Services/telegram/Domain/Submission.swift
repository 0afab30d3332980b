import Contracts

/// What became of a request for a message.
struct Submission: AggregateRoot {
    let message: Message
    /// `false` when a message with this key was there before.
    let isNew: Bool
    /// Whether it was claimed in the commit that brought it in.
    let wasClaimed: Bool
    /// That claim. Not remembered with an idempotency key: a repeated request must never send again.
    let claim: Claim?

    var id: Int64 { message.id }
    var version: Int64 { message.version }

    private enum CodingKeys: CodingKey { case message, isNew, wasClaimed }

    init(message: Message, isNew: Bool, claim: Claim?) {
        self.message = message
        self.isNew = isNew
        self.claim = claim
        wasClaimed = claim != nil
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        message = try container.decode(Message.self, forKey: .message)
        isNew = try container.decode(Bool.self, forKey: .isNew)
        wasClaimed = try container.decode(Bool.self, forKey: .wasClaimed)
        claim = nil
    }
}
