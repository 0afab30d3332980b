import Contracts

/// Changes a reward's status on an operator's word: takes it back before it is exchanged.
struct ChangeReward: Sendable {
    let repository: any RewardRepository

    func callAsFunction(_ id: Int64, to status: RewardStatus, _ context: WriteContext) async throws -> Reward {
        try await repository.update(id, context) { reward in
            try reward.change(to: status, at: .now)
            return .updated
        }
    }
}
