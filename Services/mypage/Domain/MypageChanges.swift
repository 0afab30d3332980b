import Contracts

/// A batch of facts, reduced to the newest version of each entity and to what it means for each row.
///
/// The result does not depend on the order of the facts, nor on repeats; whoever stores it must only keep what is
/// newer, entity by entity.
struct MypageChanges: Sendable, Hashable {
    /// A row's parts as far as the batch knows them.
    struct Row: Sendable, Hashable {
        /// The mission's word on this counts; without it the greatest that any other event names.
        var customerId: Int64
        var title: String?
        var mission: Part?
        var reward: Part?
        var gift: Part?
        /// The mission's own message.
        var message: Part?
        var time: Timestamp
    }

    struct Gift: Sendable, Hashable {
        var missionId: Int64
        var customerId: Int64
        var part: Part
        var time: Timestamp
    }

    struct Message: Sendable, Hashable {
        var missionId: Int64?
        var giftId: Int64?
        var customerId: Int64
        var part: Part
        var time: Timestamp
    }

    private(set) var rows: [Int64: Row] = [:]
    private(set) var gifts: [Int64: Gift] = [:]
    private(set) var messages: [Int64: Message] = [:]

    init(_ facts: some Sequence<MypageFact> = []) {
        for fact in facts { take(fact) }
    }

    private mutating func take(_ fact: MypageFact) {
        switch fact.state {
        case .mission(let data): take(data, at: fact.time)
        case .reward(let data):
            touch(data.missionId, customerId: data.customerId, at: fact.time) { row in
                row.reward.take(Part(id: data.id, version: data.version, status: data.status.rawValue))
            }
        case .gift(let data): take(data, at: fact.time)
        case .message(let data): take(data, at: fact.time)
        }
    }

    private mutating func take(_ data: MissionData, at time: Timestamp) {
        let part = Part(id: data.id, version: data.version, status: data.status.rawValue)
        touch(data.id, customerId: data.customerId, at: time) { row in
            guard part.isNewer(than: row.mission) else { return }
            row.mission = part
            row.title = data.title
            row.customerId = data.customerId
        }
    }

    private mutating func take(_ data: GiftData, at time: Timestamp) {
        let part = Part(id: data.id, version: data.version, status: data.status.rawValue)
        touch(data.missionId, customerId: data.customerId, at: time) { $0.gift.take(part) }
        var gift =
            gifts[data.id]
            ?? Gift(missionId: data.missionId, customerId: data.customerId, part: part, time: time)
        if part.isNewer(than: gift.part) {
            gift.part = part
            gift.missionId = data.missionId
        }
        gift.time = max(gift.time, time)
        gifts[data.id] = gift
    }

    private mutating func take(_ data: MessageData, at time: Timestamp) {
        let part = Part(id: data.id, version: data.version, status: data.status.rawValue)
        if let missionId = data.missionId {
            touch(missionId, customerId: data.customerId, at: time) { row in
                if data.giftId == nil { row.message.take(part) }
            }
        }
        var message =
            messages[data.id]
            ?? Message(
                missionId: data.missionId, giftId: data.giftId, customerId: data.customerId, part: part, time: time)
        if part.isNewer(than: message.part) {
            message.part = part
            message.missionId = data.missionId
            message.giftId = data.giftId
        }
        message.time = max(message.time, time)
        messages[data.id] = message
    }

    mutating func setMission(_ missionId: Int64, ofMessage id: Int64) { messages[id]?.missionId = missionId }

    /// Notes that something happened to a row at a time, and what.
    mutating func touch(
        _ missionId: Int64, customerId: Int64, at time: Timestamp, change: (inout Row) -> Void = { _ in }
    ) {
        var row = rows[missionId] ?? Row(customerId: customerId, time: time)
        if row.mission == nil { row.customerId = max(row.customerId, customerId) }
        row.time = max(row.time, time)
        change(&row)
        rows[missionId] = row
    }
}
