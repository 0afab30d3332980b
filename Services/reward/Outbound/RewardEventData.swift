import Contracts

extension Reward {
    /// What events tell of a reward.
    var data: RewardData {
        RewardData(
            id: id, version: version, missionId: missionId, customerId: customerId, giftId: giftId, status: status)
    }

    /// The event that carries the whole present state.
    func stateEvent(in context: WriteContext) -> NewEvent {
        NewEvent(version == 1 ? RewardEventType.allocated : .updated, data, in: context)
    }
}
