import Contracts

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
