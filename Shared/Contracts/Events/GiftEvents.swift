/// `Exchanged → Used`, `Exchanged → Cancelled`.
public enum GiftStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case exchanged = "Exchanged"
    case used = "Used"
    case cancelled = "Cancelled"
}

/// What `game.gift` carries.
public enum GiftEventType: String, Sendable, Hashable, CaseIterable {
    case exchanged = "Exchanged"
    case used = "Used"
    case cancelled = "Cancelled"
    case notificationRequested = "NotificationRequested"
}

/// Data of `Exchanged`, `Used` and `Cancelled`.
public struct GiftData: EventData {
    public static var aggregate: Aggregate { .gift }
    public var id: Int64
    public var version: Int64
    public var rewardId: Int64
    public var missionId: Int64
    public var customerId: Int64
    public var name: String?
    public var status: GiftStatus
    /// Whether the customer was told of the exchange, or will be: only then is a cancellation told too.
    public var customerTold: Bool?

    public init(
        id: Int64, version: Int64, rewardId: Int64, missionId: Int64, customerId: Int64, name: String?,
        status: GiftStatus, customerTold: Bool? = nil
    ) {
        self.id = id
        self.version = version
        self.rewardId = rewardId
        self.missionId = missionId
        self.customerId = customerId
        self.name = name
        self.status = status
        self.customerTold = customerTold
    }
}

/// Data of `NotificationRequested`: what the synchronous call to telegram could not deliver.
public struct NotificationRequest: EventData {
    public static var aggregate: Aggregate { .gift }
    public var id: Int64 { giftId }
    public var version: Int64
    public var key: String
    public var giftId: Int64
    public var missionId: Int64
    public var customerId: Int64
    public var text: String

    public init(version: Int64, key: String, giftId: Int64, missionId: Int64, customerId: Int64, text: String) {
        self.version = version
        self.key = key
        self.giftId = giftId
        self.missionId = missionId
        self.customerId = customerId
        self.text = text
    }
}
