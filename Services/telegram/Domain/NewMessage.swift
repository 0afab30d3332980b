import Contracts

/// What a message is made from.
struct NewMessage: Sendable, Hashable {
    static let maxKeyLength = 200
    /// In UTF-16 units; sixteen of Telegram's messages.
    static let maxTextLength = 16 * TextSplitter.limit

    let key: String
    let customerId: Int64
    let text: String
    let giftId: Int64?
    let missionId: Int64?

    /// - Throws: a refusal that names the field.
    init(key: String, customerId: Int64, text: String, giftId: Int64? = nil, missionId: Int64? = nil)
        throws(DomainError)
    {
        guard (1...Self.maxKeyLength).contains(key.unicodeScalars.count), !key.unicodeScalars.contains("\0") else {
            throw .invalidField("key", "must have 1 to \(Self.maxKeyLength) characters, none of them U+0000")
        }
        guard customerId > 0 else { throw .invalidField("customerId", "must be a whole number greater than zero") }
        guard text.utf16.count <= Self.maxTextLength, !text.unicodeScalars.contains("\0") else {
            throw .invalidField("text", "must have at most \(Self.maxTextLength) characters, none of them U+0000")
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw .invalidField("text", "must not be empty: Telegram refuses a message without visible characters")
        }
        for (name, id) in [("giftId", giftId), ("missionId", missionId)] {
            if let id, id <= 0 { throw .invalidField(name, "must be a whole number greater than zero") }
        }
        self.key = key
        self.customerId = customerId
        self.text = text
        self.giftId = giftId
        self.missionId = missionId
    }
}

/// The messages that follow from events of others, each with the key that keeps it to one.
extension NewMessage {
    static func rewarded(_ mission: MissionData, rewardId: Int64) throws(DomainError) -> NewMessage {
        try NewMessage(
            key: "mission-rewarded:\(mission.id)", customerId: mission.customerId,
            text: "Congratulations: mission \(mission.id) is done, and reward \(rewardId) is yours.",
            missionId: mission.id)
    }

    static func cancelled(_ gift: GiftData) throws(DomainError) -> NewMessage {
        try NewMessage(
            key: "gift-cancelled:\(gift.id)", customerId: gift.customerId,
            text: "Sorry: gift \(gift.id) had to be cancelled, because its reward could not be exchanged.",
            giftId: gift.id, missionId: gift.missionId)
    }

    static func requested(_ request: NotificationRequest) throws(DomainError) -> NewMessage {
        try NewMessage(
            key: request.key, customerId: request.customerId, text: request.text, giftId: request.giftId,
            missionId: request.missionId)
    }
}
