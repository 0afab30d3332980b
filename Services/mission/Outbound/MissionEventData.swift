import Contracts

extension Mission {
    /// What events tell of a mission.
    var data: MissionData {
        MissionData(
            id: id, version: version, customerId: customerId, title: title, rewardId: rewardId, status: status)
    }

    /// The event that carries the whole present state.
    func stateEvent(in context: WriteContext) -> NewEvent {
        let type: MissionEventType =
            switch status {
            case .created: .created
            case .achieved: .achieved
            case .rewardAllocated: .updated
            }
        return NewEvent(type, data, in: context)
    }
}
