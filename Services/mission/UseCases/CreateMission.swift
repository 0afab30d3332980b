import Contracts

/// Makes a mission; one that is `Achieved` from the start begins its saga at once.
struct CreateMission: Sendable {
    let repository: any MissionRepository

    func callAsFunction(_ draft: NewMission, _ context: WriteContext) async throws -> Mission {
        try await repository.create(draft, context)
    }
}
