/// What `game.bypass` carries.
public enum BypassEventType: String, Sendable, Hashable, CaseIterable {
    case callbackDelivered = "CallbackDelivered"
    case callbackFailed = "CallbackFailed"
}

/// What became of a webhook's callback.
public enum CallbackStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case delivered = "Delivered"
    /// Its group stopped because of it; an operator decides.
    case blocked = "Blocked"
    case deadLettered = "DeadLettered"
    /// An operator took it out.
    case skipped = "Skipped"
}

/// Data of `CallbackDelivered` and `CallbackFailed`. It belongs to no customer: the message's key is the group.
public struct CallbackData: Codable, Sendable, Hashable {
    public var id: Int64
    /// 1 for the first event that tells of this message, 2 for the next.
    public var version: Int64
    public var group: String
    public var webhookId: String
    public var attempts: Int
    public var status: CallbackStatus

    public init(id: Int64, version: Int64, group: String, webhookId: String, attempts: Int, status: CallbackStatus) {
        self.id = id
        self.version = version
        self.group = group
        self.webhookId = webhookId
        self.attempts = attempts
        self.status = status
    }

    /// The event that tells of it.
    public func event(correlationID: String?) -> NewEvent {
        let eventID = UUIDv7.make()
        let type: BypassEventType = status == .delivered ? .callbackDelivered : .callbackFailed
        return NewEvent(
            id: eventID, aggregate: .bypass, aggregateID: id, type: type.rawValue, key: group,
            payload: payload, correlationID: correlationID ?? eventID.text,
            trace: TraceContext(), time: .now)
    }

    /// The same text as `JSON.encode(self)`, written by hand: there is one for each callback.
    var payload: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("attempts", Int64(attempts))
        json.field("group", group)
        json.field("id", id)
        json.field("status", status.rawValue)
        json.field("version", version)
        json.field("webhookId", webhookId)
        json.endObject()
        return json.bytes
    }
}
