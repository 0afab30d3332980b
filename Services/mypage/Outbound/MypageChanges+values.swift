import MariaDB

/// What the statements of ``MypageWrites`` are given.
extension MypageChanges {
    /// Gives messages that name a gift but no mission the gift's mission, as far as gifts are known.
    mutating func assign(_ missions: [Int64: Int64]) {
        for (id, message) in messages where message.missionId == nil {
            guard let mission = message.giftId.flatMap({ missions[$0] }) else { continue }
            setMission(mission, ofMessage: id)
            touch(mission, customerId: message.customerId, at: message.time)
        }
    }

    /// A gift that only a message has named gets version 0, to be locked and to be found later.
    func giftValues(_ id: Int64) -> [MariaDBValue] {
        guard let gift = gifts[id] else { return [.int8(id), .null, .int8(0), .null] }
        return [.int8(id), .int8(gift.missionId), .int8(gift.part.version), .text(gift.part.status)]
    }

    func messageValues(_ id: Int64) -> [MariaDBValue] {
        guard let message = messages[id] else { return [] }
        return [
            .int8(id), .int8(message.missionId), .int8(message.giftId), .int8(message.customerId),
            .int8(message.part.version), .text(message.part.status), .timestamp(message.time),
        ]
    }

    func rowValues(_ id: Int64) -> [MariaDBValue] {
        guard let row = rows[id] else { return [] }
        let mission: [MariaDBValue] = [
            .int8(id), .int8(row.customerId), .text(row.title), .text(row.mission?.status),
            .int8(row.mission?.version ?? 0),
        ]
        return mission + Self.values(row.reward) + Self.values(row.gift) + Self.values(row.message)
            + [.timestamp(row.time)]
    }

    private static func values(_ part: Part?) -> [MariaDBValue] {
        [.int8(part?.id), .text(part?.status), .int8(part?.version ?? 0)]
    }
}
