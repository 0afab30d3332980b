import Contracts

extension DomainError {
    static func rewardNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "reward-not-found", detail: "There is no reward \(id).")
    }

    static func rewardTransitionRefused(_ id: Int64, from: RewardStatus, to: RewardStatus) -> DomainError {
        DomainError(
            .conflict, slug: "reward-transition-refused",
            detail: """
                Reward \(id) is \(from.rawValue) and cannot become \(to.rawValue); \
                only a reward that is Allocated can be set to Revoked.
                """)
    }

    static let rewardAlreadyGranted = DomainError(
        .conflict, slug: "reward-already-granted", detail: "This mission has its reward already.")
}
