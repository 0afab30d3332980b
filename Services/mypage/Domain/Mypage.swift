import Contracts

/// One row of the read model: a mission and everything that happened to it; `nil` for what has not happened.
struct Mypage: Sendable, Hashable {
    /// The mission's id.
    let id: Int64
    var customerId: Int64?
    var title: String?
    var missionStatus: MissionStatus?
    var rewardId: Int64?
    var rewardStatus: RewardStatus?
    /// The gift with the greatest id, where there are several.
    var giftId: Int64?
    var giftStatus: GiftStatus?
    /// The mission's own message: the one with the greatest id that is not about a gift.
    var telegramId: Int64?
    var telegramStatus: MessageStatus?
    /// The message with the greatest id about the row's gift.
    var giftTelegramId: Int64?
    var giftTelegramStatus: MessageStatus?
    /// When the latest of its events happened, whether it changed anything or not; so it does not depend on the order
    /// in which they came.
    var updatedAt: Timestamp
}

/// Which rows are asked for; `nil` means any.
struct MypageFilter: Sendable, Hashable {
    var missionId: Int64?
    var rewardId: Int64?
    /// Any gift of the row, also one that it no longer shows.
    var giftId: Int64?
    /// Any message of the row, also one that it no longer shows.
    var telegramId: Int64?
    var customerId: Int64?
}
