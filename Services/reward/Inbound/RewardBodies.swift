import Contracts
import ServiceRuntime

/// The body of `PATCH /rewards/{id}`.
struct ChangedRewardBody: JSONBody {
    static let fields = ["status"]
    let status: RewardStatus

    init(_ fields: inout JSONFields) throws { status = try fields.choice("status") }
}

/// A reward as answers show it; what it has not got is `null`.
struct RewardAnswer: Encodable, Sendable {
    let reward: Reward

    private enum Key: CodingKey {
        case id, version, missionId, customerId, giftId, status, createdAt, updatedAt
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(reward.id, forKey: .id)
        try container.encode(reward.version, forKey: .version)
        try container.encode(reward.missionId, forKey: .missionId)
        try container.encode(reward.customerId, forKey: .customerId)
        try container.encode(reward.giftId, forKey: .giftId)
        try container.encode(reward.status, forKey: .status)
        try container.encode(reward.createdAt, forKey: .createdAt)
        try container.encode(reward.updatedAt, forKey: .updatedAt)
    }
}
