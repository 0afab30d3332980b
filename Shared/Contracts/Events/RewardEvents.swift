/// `Allocated → Exchanged → Used`, `Allocated → Revoked`.
public enum RewardStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case allocated = "Allocated"
    case exchanged = "Exchanged"
    case used = "Used"
    case revoked = "Revoked"
}

/// What `game.reward` carries.
public enum RewardEventType: String, Sendable, Hashable, CaseIterable {
    case allocated = "Allocated"
    case updated = "RewardUpdated"
    case exchangeRejected = "ExchangeRejected"
}

/// Data of `Allocated` and `RewardUpdated`; `giftId` is there while the reward is exchanged.
public struct RewardData: EventData {
    public static var aggregate: Aggregate { .reward }
    public var id: Int64
    public var version: Int64
    public var missionId: Int64
    public var customerId: Int64
    public var giftId: Int64?
    public var status: RewardStatus

    public init(
        id: Int64, version: Int64, missionId: Int64, customerId: Int64, giftId: Int64? = nil, status: RewardStatus
    ) {
        self.id = id
        self.version = version
        self.missionId = missionId
        self.customerId = customerId
        self.giftId = giftId
        self.status = status
    }
}

/// Data of `ExchangeRejected`: reward cannot give this reward for that gift.
public struct ExchangeRejection: EventData {
    public static var aggregate: Aggregate { .reward }
    public var id: Int64
    public var version: Int64
    public var giftId: Int64
    public var missionId: Int64
    public var customerId: Int64
    public var reason: String

    public init(id: Int64, version: Int64, giftId: Int64, missionId: Int64, customerId: Int64, reason: String) {
        self.id = id
        self.version = version
        self.giftId = giftId
        self.missionId = missionId
        self.customerId = customerId
        self.reason = reason
    }
}
