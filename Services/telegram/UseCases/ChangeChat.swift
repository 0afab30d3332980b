import Contracts

/// Links a customer to a chat, or takes the link away, on an operator's word.
struct ChangeChat: Sendable {
    let repository: any ChatRepository
    let desk: SendDesk

    func callAsFunction(_ change: ChatChange, _ context: WriteContext) async throws -> ChatLink {
        let link = try await repository.change(change, context)
        desk.ring()
        return link
    }
}
