import Contracts

@testable import MypageService

/// The read model as a function of the set of facts: slow, and right by inspection.
struct MypageDefinition {
    private var missions: [MissionData] = []
    private var rewards: [RewardData] = []
    private var gifts: [GiftData] = []
    private var messages: [MessageData] = []
    /// Of each row: who its events say the customer is, and when they happened.
    private var touches: [Int64: [(customerId: Int64, time: Timestamp)]] = [:]

    init(_ facts: some Sequence<MypageFact>) {
        for fact in facts {
            switch fact.state {
            case .mission(let data): missions.append(data)
            case .reward(let data): rewards.append(data)
            case .gift(let data): gifts.append(data)
            case .message(let data): messages.append(data)
            }
        }
        for fact in facts {
            let (mission, customer): (Int64?, Int64) =
                switch fact.state {
                case .mission(let data): (data.id, data.customerId)
                case .reward(let data): (data.missionId, data.customerId)
                case .gift(let data): (data.missionId, data.customerId)
                case .message(let data): (missionID(of: data), data.customerId)
                }
            if let mission { touches[mission, default: []].append((customer, fact.time)) }
        }
    }

    var rows: [Mypage] { touches.keys.sorted().compactMap(row) }

    func row(_ id: Int64) -> Mypage? {
        guard let mine = touches[id], let time = mine.map(\.time).max() else { return nil }
        let mission = latest(missions.filter { $0.id == id })
        let reward = latest(rewards.filter { $0.missionId == id })
        let gift = latest(gifts.filter { $0.missionId == id })
        let own = latest(messages.filter { $0.missionId == id && $0.giftId == nil })
        let about = gift.flatMap { gift in latest(messages.filter { $0.giftId == gift.id }) }
        return Mypage(
            id: id, customerId: mission?.customerId ?? mine.map(\.customerId).max(), title: mission?.title,
            missionStatus: mission?.status, rewardId: reward?.id, rewardStatus: reward?.status, giftId: gift?.id,
            giftStatus: gift?.status, telegramId: own?.id, telegramStatus: own?.status, giftTelegramId: about?.id,
            giftTelegramStatus: about?.status, updatedAt: time)
    }

    func has(gift id: Int64, mission: Int64) -> Bool { gifts.contains { $0.id == id && $0.missionId == mission } }

    func has(message id: Int64, mission: Int64) -> Bool {
        messages.contains { $0.id == id && missionID(of: $0) == mission }
    }

    func version(of entity: ConsistencyToken.Entity, id: Int64) -> Int64 {
        let seen: [any EventData] =
            switch entity {
            case .mission: missions
            case .reward: rewards
            case .gift: gifts
            case .telegram: messages
            }
        return seen.filter { $0.id == id }.map(\.version).max() ?? 0
    }

    private func missionID(of message: MessageData) -> Int64? {
        message.missionId ?? gifts.first { $0.id == message.giftId }?.missionId
    }

    private func latest<Data: EventData>(_ data: [Data]) -> Data? {
        data.max { ($0.id, $0.version) < ($1.id, $1.version) }
    }
}
