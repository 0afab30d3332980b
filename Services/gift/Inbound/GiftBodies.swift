import Contracts
import ServiceRuntime

/// The body of `POST /gifts`.
struct NewGiftBody: JSONBody {
    static let fields = ["rewardId", "name"]
    let gift: NewGift

    init(_ fields: inout JSONFields) throws {
        gift = NewGift(
            rewardId: try fields.id("rewardId"),
            name: try fields.optionalString("name", minLength: 1, maxLength: NewGift.maxNameLength))
    }
}

/// The body of `PATCH /gifts/{id}`.
struct ChangedGiftBody: JSONBody {
    static let fields = ["status"]
    let status: GiftStatus

    init(_ fields: inout JSONFields) throws { status = try fields.choice("status") }
}

/// A gift as answers show it; what it has not got is `null`.
struct GiftAnswer: Encodable, Sendable {
    let gift: Gift
    /// What became of telling the customer; in the answers of writes only.
    var notification: NoticeState?

    private enum Key: CodingKey {
        case id, version, rewardId, missionId, customerId, name, status, confirmed, notification, createdAt, updatedAt
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(gift.id, forKey: .id)
        try container.encode(gift.version, forKey: .version)
        try container.encode(gift.rewardId, forKey: .rewardId)
        try container.encode(gift.missionId, forKey: .missionId)
        try container.encode(gift.customerId, forKey: .customerId)
        try container.encode(gift.name, forKey: .name)
        try container.encode(gift.status, forKey: .status)
        try container.encode(gift.isConfirmed, forKey: .confirmed)
        try container.encodeIfPresent(notification, forKey: .notification)
        try container.encode(gift.createdAt, forKey: .createdAt)
        try container.encode(gift.updatedAt, forKey: .updatedAt)
    }
}
