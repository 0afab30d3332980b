import Contracts
import Foundation

/// The Telegram Bot API as the domain sees it. Its calls never throw: every outcome is a value.
protocol BotAPI: Sendable {
    /// Sends one text, at most once, and not at all after `sendBefore`.
    func send(_ text: String, chat: Int64, sendBefore: ContinuousClock.Instant) async -> SendResult

    /// Asks whether the Bot API answers to this token; returns the fault, or `nil` when all is well.
    func probe() async -> String?
}

/// The queue of messages to be sent, shared by all replicas.
protocol SendQueue: Sendable {
    /// Claims up to `count` messages whose requests start at once; each claim is committed when this returns.
    func claim(upTo count: Int) async throws -> ClaimRound

    /// Commits the outcome of a claim with its event. Returns the message, or `nil` when the claim had lapsed: then
    /// nothing was changed.
    func settle(_ claim: Claim, _ settlement: Settlement) async throws -> Message?

    /// Makes `Uncertain` what was claimed by a process that no longer reports, and returns how many there were.
    ///
    /// - Parameter held: Claims whose requests this process is still waiting for.
    func sweep(except held: [UUID]) async throws -> Int

    /// Changes the limiter while no other replica can.
    func limiter<Value: Sendable>(
        _ change: @escaping @Sendable (inout SendLimiter, Timestamp) -> Value
    ) async throws -> Value

    /// The limiter as it is now.
    func status() async throws -> SendLimiter

    /// When the next message may be ready: `nil` if nothing waits, not positive if one is ready now. Cheap: an idle
    /// dispatcher locks nothing and writes nothing.
    func nextReady() async throws -> Duration?

    /// How many messages are queued, counted up to a bound.
    func depth() async throws -> Int
}

/// Where messages come in and are looked up.
protocol MessageRepository: Sendable {
    /// Keeps a message, or finds the one that has its key; claims it at once if `mayClaim` and chat and limits allow.
    func submit(_ draft: NewMessage, mayClaim: Bool, _ context: WriteContext) async throws -> Submission

    /// Refuses a request that is wrong in itself, and remembers the refusal under its idempotency key.
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never

    func find(_ id: Int64) async throws -> Message
    func list(_ filter: MessageFilter, _ page: PageRequest) async throws -> Page<Message>
}

/// The links between customers and chats.
protocol ChatRepository: Sendable {
    /// Changes a link and, with it in one commit, what waits for that customer.
    func change(_ change: ChatChange, _ context: WriteContext) async throws -> ChatLink
    /// Makes a code; a repeat with the same idempotency key gets the same one.
    func issueCode(_ customerId: Int64, _ context: WriteContext) async throws -> IssuedCode
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never
    /// - Throws: a refusal of kind `notFound` when the customer is not linked.
    func find(_ customerId: Int64) async throws -> ChatLink
}

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

/// Which messages are asked for; `nil` means any.
struct MessageFilter: Sendable, Hashable {
    var key: String?
    var missionId: Int64?
    var giftId: Int64?
    var customerId: Int64?
    var status: MessageStatus?
}
