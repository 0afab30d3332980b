import Contracts
import Foundation

@testable import MypageService

/// Facts of random sagas, the same for the same seed.
struct RandomFacts {
    private var generator: SplitMix
    private var clock: Int64 = 1_700_000_000_000
    private var nextGift: Int64 = 1
    private var nextMessage: Int64 = 1
    private(set) var facts: [MypageFact] = []

    init(seed: UInt64, missions: Int) {
        generator = SplitMix(state: seed)
        for id in 1...missions { addMission(Int64(id)) }
    }

    private mutating func addMission(_ id: Int64) {
        let customer = Int64.random(in: 1...20, using: &generator)
        let title = Bool.random(using: &generator) ? "Mission \(id) 🎯" : nil
        let statuses = MissionStatus.allCases.prefix(Int.random(in: 1...3, using: &generator))
        for (index, status) in statuses.enumerated() {
            add(
                .mission(
                    MissionData(
                        id: id, version: Int64(index + 1), customerId: customer, title: title,
                        rewardId: index == 2 ? id + 1000 : nil, status: status)))
        }
        guard statuses.count > 1 else { return }
        let reward = id + 1000
        for (index, status) in [RewardStatus.allocated, .exchanged, .used]
            .prefix(Int.random(in: 1...3, using: &generator)).enumerated()
        {
            add(
                .reward(
                    RewardData(
                        id: reward, version: Int64(index + 1), missionId: id, customerId: customer, status: status)))
        }
        addMessages(mission: id, gift: nil, customer, count: Int.random(in: 0...2, using: &generator))
        for _ in 0..<Int.random(in: 0...3, using: &generator) { addGift(mission: id, reward: reward, customer) }
    }

    private mutating func addGift(mission: Int64, reward: Int64, _ customer: Int64) {
        let id = nextGift
        nextGift += 1
        let last: GiftStatus = Bool.random(using: &generator) ? .used : .cancelled
        for (index, status) in [GiftStatus.exchanged, last].prefix(Int.random(in: 1...2, using: &generator))
            .enumerated()
        {
            add(
                .gift(
                    GiftData(
                        id: id, version: Int64(index + 1), rewardId: reward, missionId: mission, customerId: customer,
                        name: nil, status: status)))
        }
        // Some messages about a gift name the mission, some do not.
        let named = Bool.random(using: &generator) ? mission : nil
        addMessages(mission: named, gift: id, customer, count: Int.random(in: 0...3, using: &generator))
    }

    private mutating func addMessages(mission: Int64?, gift: Int64?, _ customer: Int64, count: Int) {
        for _ in 0..<count {
            let id = nextMessage
            nextMessage += 1
            for (index, status) in [MessageStatus.queued, .unlinked, .queued, .sent]
                .prefix(Int.random(in: 1...4, using: &generator)).enumerated()
            {
                add(
                    .message(
                        MessageData(
                            id: id, version: Int64(index + 1), key: "k\(id)", missionId: mission, giftId: gift,
                            customerId: customer, status: status)))
            }
        }
    }

    private mutating func add(_ state: MypageFact.State) {
        clock += Int64.random(in: 0...5, using: &generator)
        facts.append(MypageFact(eventID: UUID(), time: Timestamp(milliseconds: clock), state: state))
    }
}

/// Sebastiano Vigna's SplitMix64: random enough for tests, and repeatable.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
