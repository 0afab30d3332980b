import Contracts

/// The reward for an achieved mission: `Allocated → Exchanged → Used`, `Allocated → Revoked`.
struct Reward: AggregateRoot, Hashable {
    let id: Int64
    private(set) var version: Int64
    let missionId: Int64
    let customerId: Int64
    private(set) var giftId: Int64?
    private(set) var status: RewardStatus
    let createdAt: Timestamp
    private(set) var updatedAt: Timestamp

    var owner: Int64? { customerId }

    init(
        id: Int64, version: Int64, missionId: Int64, customerId: Int64, giftId: Int64?, status: RewardStatus,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.missionId = missionId
        self.customerId = customerId
        self.giftId = giftId
        self.status = status
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// A reward that has just been granted.
    init(id: Int64, _ grant: RewardGrant, at now: Timestamp) {
        self.init(
            id: id, version: 1, missionId: grant.missionId, customerId: grant.customerId, giftId: nil,
            status: .allocated, createdAt: now, updatedAt: now)
    }

    /// What an operator may ask for: that a reward which is `Allocated` becomes `Revoked`; an exchanged one is the
    /// customer's.
    mutating func change(to status: RewardStatus, at now: Timestamp) throws(DomainError) {
        guard (self.status, status) == (.allocated, .revoked) else {
            throw .rewardTransitionRefused(id, from: self.status, to: status)
        }
        become(status, at: now)
    }

    /// Binds the reward to a gift, for good: the first gift that asks has it, and a repeat changes nothing.
    mutating func exchange(for giftId: Int64, at now: Timestamp) -> Exchange {
        switch (status, self.giftId) {
        case (.allocated, _):
            self.giftId = giftId
            become(.exchanged, at: now)
            return .done
        case (.exchanged, giftId), (.used, giftId): return .repeated
        case (.exchanged, _), (.used, _): return .refused(.exchangedForAnotherGift)
        case (.revoked, _): return .refused(.revoked)
        }
    }

    /// What became of a gift's wish for this reward.
    enum Exchange: Hashable {
        case done, repeated
        case refused(Refusal)
    }

    /// Stable names, for the events that tell of them.
    enum Refusal: String {
        case revoked
        case exchangedForAnotherGift = "exchanged-for-another-gift"
    }

    /// The gift that it is bound to has been used.
    mutating func use(by giftId: Int64, at now: Timestamp) -> Bool {
        guard status == .exchanged, self.giftId == giftId else { return false }
        become(.used, at: now)
        return true
    }

    private mutating func become(_ status: RewardStatus, at now: Timestamp) {
        self.status = status
        version += 1
        updatedAt = max(now, updatedAt)
    }
}

/// What a reward is granted for.
struct RewardGrant: Sendable, Hashable {
    let missionId: Int64
    let customerId: Int64
}
