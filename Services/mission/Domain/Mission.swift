import Contracts

/// A mission of a customer: `Created → Achieved → RewardAllocated`.
struct Mission: AggregateRoot, Hashable {
    let id: Int64
    private(set) var version: Int64
    let customerId: Int64
    let title: String?
    private(set) var status: MissionStatus
    private(set) var rewardId: Int64?
    /// What is known of the message that tells the customer of the reward.
    private(set) var message: MissionMessage?
    let createdAt: Timestamp
    private(set) var updatedAt: Timestamp

    var owner: Int64? { customerId }

    init(
        id: Int64, version: Int64, customerId: Int64, title: String?, status: MissionStatus, rewardId: Int64?,
        message: MissionMessage?, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.customerId = customerId
        self.title = title
        self.status = status
        self.rewardId = rewardId
        self.message = message
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// A mission that has just been made.
    init(id: Int64, _ draft: NewMission, at now: Timestamp) {
        self.init(
            id: id, version: 1, customerId: draft.customerId, title: draft.title, status: draft.status, rewardId: nil,
            message: nil, createdAt: now, updatedAt: now)
    }

    /// What a caller may ask for: that a mission which is `Created` becomes `Achieved`.
    ///
    /// `RewardAllocated` follows by itself, see ``allocate(rewardId:at:)``.
    mutating func change(to status: MissionStatus, at now: Timestamp) throws(DomainError) {
        guard (self.status, status) == (.created, .achieved) else {
            throw .missionTransitionRefused(id, from: self.status, to: status)
        }
        self.status = status
        advance(to: now)
    }

    /// The reward service has granted the reward; returns whether that was news.
    mutating func allocate(rewardId: Int64, at now: Timestamp) -> Bool {
        guard status == .achieved else { return false }
        status = .rewardAllocated
        self.rewardId = rewardId
        advance(to: now)
        return true
    }

    /// Notes the state of the customer's message; no new version, as nobody is told of it.
    mutating func note(_ news: MissionMessage) -> Bool {
        guard message.map({ news.id >= $0.id && news.version > ($0.id == news.id ? $0.version : 0) }) ?? true
        else { return false }
        message = news
        return true
    }

    private mutating func advance(to now: Timestamp) {
        version += 1
        updatedAt = max(now, updatedAt)
    }
}

/// The customer's message about a mission, as far as telegram has told.
struct MissionMessage: Codable, Sendable, Hashable {
    let id: Int64
    let version: Int64
    let status: MessageStatus
}
