/// `Created → Achieved → RewardAllocated`.
public enum MissionStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case created = "Created"
    case achieved = "Achieved"
    case rewardAllocated = "RewardAllocated"
}

/// What `game.mission` carries.
public enum MissionEventType: String, Sendable, Hashable, CaseIterable {
    case created = "MissionCreated"
    case achieved = "MissionAchieved"
    case updated = "MissionUpdated"
}

/// Data of every event on `game.mission`; `rewardId` is there from `MissionUpdated` on.
public struct MissionData: EventData {
    public static var aggregate: Aggregate { .mission }
    public var id: Int64
    public var version: Int64
    public var customerId: Int64
    public var title: String?
    public var rewardId: Int64?
    public var status: MissionStatus

    public init(
        id: Int64, version: Int64, customerId: Int64, title: String?, rewardId: Int64? = nil, status: MissionStatus
    ) {
        self.id = id
        self.version = version
        self.customerId = customerId
        self.title = title
        self.rewardId = rewardId
        self.status = status
    }
}
