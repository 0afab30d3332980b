import Contracts

extension Reward {
    /// What events tell of a reward.
    var data: RewardData {
        RewardData(
            id: id, version: version, missionId: missionId, customerId: customerId, giftId: giftId, status: status)
    }

    /// What events tell of an exchange that cannot be.
    func rejection(of gift: GiftData, _ refusal: Refusal) -> ExchangeRejection {
        ExchangeRejection(
            id: id, version: version, giftId: gift.id, missionId: missionId, customerId: customerId,
            reason: refusal.rawValue)
    }

    /// The event that carries the whole present state.
    func stateEvent(in context: WriteContext) -> NewEvent {
        NewEvent(version == 1 ? RewardEventType.allocated : .updated, data, in: context)
    }
}
