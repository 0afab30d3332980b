import Contracts

/// Changes a mission's status on a caller's word; `Achieved` begins the saga.
struct ChangeMission: Sendable {
    let repository: any MissionRepository

    func callAsFunction(_ id: Int64, to status: MissionStatus, _ context: WriteContext) async throws -> Mission {
        try await repository.update(id, context) { mission in
            try mission.change(to: status, at: .now)
            return .achieved
        }
    }
}
