import Contracts

/// Where messages come in and are looked up.
protocol MessageRepository: Sendable {
    /// Keeps a message, or finds the one that has its key; claims it at once if `mayClaim` and chat and limits allow.
    func submit(_ draft: NewMessage, mayClaim: Bool, _ context: WriteContext) async throws -> Submission

    /// Refuses a request that is wrong in itself, and remembers the refusal under its idempotency key.
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never

    func find(_ id: Int64, in scope: Scope) async throws -> Message
    func list(_ filter: MessageFilter, _ page: PageRequest) async throws -> Page<Message>
}

/// Which messages are asked for; `nil` means any.
struct MessageFilter: Sendable, Hashable {
    var key: String?
    var missionId: Int64?
    var giftId: Int64?
    var customerId: Int64?
    var status: MessageStatus?
}
