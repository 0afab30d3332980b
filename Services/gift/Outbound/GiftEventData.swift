import Contracts

extension Gift {
    /// What events tell of a gift.
    var data: GiftData {
        GiftData(
            id: id, version: version, rewardId: rewardId, missionId: missionId, customerId: customerId, name: name,
            status: status, customerTold: status == .cancelled ? !notices.exchange.isUndeliverable : nil)
    }

    /// The event that carries the whole present state.
    func stateEvent(in context: WriteContext) -> NewEvent {
        let type: GiftEventType =
            switch status {
            case .exchanged: .exchanged
            case .used: .used
            case .cancelled: .cancelled
            }
        return NewEvent(type, data, in: context)
    }

    /// Asks telegram by an event for what the call could not deliver.
    func request(_ notice: Notice, in context: WriteContext) -> NewEvent {
        let message = message(notice)
        return NewEvent(
            GiftEventType.notificationRequested,
            NotificationRequest(
                version: version, key: message.key, giftId: id, missionId: missionId, customerId: customerId,
                text: message.text),
            in: context)
    }

    /// The context of the request that changed it last.
    var lastContext: WriteContext {
        WriteContext(correlationID: correlationID, trace: TraceContext(trace)?.child() ?? TraceContext())
    }
}
