import Contracts

extension Message {
    /// What events tell of a message.
    var data: MessageData {
        MessageData(
            id: id, version: version, key: key, missionId: missionId, giftId: giftId, customerId: customerId,
            status: status)
    }

    /// The event that carries the present state, in the saga that asked for the message.
    var stateEvent: NewEvent {
        NewEvent(
            TelegramEventType.messageUpdated, data, correlationID: correlationID,
            trace: TraceContext(trace)?.child() ?? TraceContext())
    }
}
