/// `Queued → Sent | Failed | Blocked | Uncertain | Unlinked`, `Unlinked → Queued`.
public enum MessageStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case queued = "Queued"
    case sent = "Sent"
    case failed = "Failed"
    case blocked = "Blocked"
    /// The request went out and its answer is unknown; it is never sent again by itself.
    case uncertain = "Uncertain"
    /// The customer has no linked chat (yet).
    case unlinked = "Unlinked"
}

/// What `game.telegram` carries.
public enum TelegramEventType: String, Sendable, Hashable, CaseIterable {
    case messageUpdated = "MessageUpdated"
}

/// Data of `MessageUpdated`.
public struct MessageData: EventData {
    public static var aggregate: Aggregate { .telegram }
    public var id: Int64
    public var version: Int64
    public var key: String
    public var missionId: Int64?
    public var giftId: Int64?
    public var customerId: Int64
    public var status: MessageStatus

    public init(
        id: Int64, version: Int64, key: String, missionId: Int64?, giftId: Int64?, customerId: Int64,
        status: MessageStatus
    ) {
        self.id = id
        self.version = version
        self.key = key
        self.missionId = missionId
        self.giftId = giftId
        self.customerId = customerId
        self.status = status
    }
}
