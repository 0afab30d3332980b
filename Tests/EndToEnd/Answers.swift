/// What the routes answer with, as far as the tests look at it.
struct MissionView: Decodable, Hashable {
    var id: Int64
    var version: Int64
    var customerId: Int64
    var title: String?
    var status: String
    var rewardId: Int64?
    var telegramId: Int64?
    var telegramStatus: String?
}

struct RewardView: Decodable, Hashable {
    var id: Int64
    var version: Int64
    var missionId: Int64
    var customerId: Int64
    var giftId: Int64?
    var status: String
}

struct TelegramView: Decodable, Hashable {
    var id: Int64
    var version: Int64
    var key: String
    var missionId: Int64?
    var giftId: Int64?
    var customerId: Int64
    var status: String
}

struct MypageView: Decodable, Hashable {
    var id: Int64
    var missionId: Int64
    var customerId: Int64?
    var title: String?
    var missionStatus: String?
    var rewardId: Int64?
    var rewardStatus: String?
    var giftId: Int64?
    var giftStatus: String?
    var telegramId: Int64?
    var telegramStatus: String?
    var giftTelegramId: Int64?
    var giftTelegramStatus: String?
    var updatedAt: String?

    /// Whether everything of the main flow has arrived.
    var isComplete: Bool {
        missionStatus == "RewardAllocated" && rewardId != nil && rewardStatus != nil && telegramStatus != nil
    }
}

struct SandboxMessage: Decodable, Hashable {
    var id: Int64
    var chatId: Int64
    var text: String
}

/// `{"items": [...], "next": ...}`
struct ListView<Item: Decodable>: Decodable {
    var items: [Item]
    var next: String?
}

/// RFC 9457.
struct ProblemView: Decodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
}
