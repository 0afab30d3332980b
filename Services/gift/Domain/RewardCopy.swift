import Contracts

/// What gift knows of a reward, from reward's events.
struct RewardCopy: Sendable, Hashable {
    let id: Int64
    let version: Int64
    let missionId: Int64
    let customerId: Int64
    let giftId: Int64?
    let status: RewardStatus

    /// Why it cannot be exchanged, or `nil` if it can as far as is known here.
    var refusal: DomainError? {
        switch status {
        case .allocated: nil
        case .exchanged, .used: .rewardAlreadyExchanged(id)
        case .revoked: .rewardRevoked(id)
        }
    }
}

extension RewardCopy {
    init(_ data: RewardData) {
        self.init(
            id: data.id, version: data.version, missionId: data.missionId, customerId: data.customerId,
            giftId: data.giftId, status: data.status)
    }
}
