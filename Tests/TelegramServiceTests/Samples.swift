import Contracts
import Foundation

extension MissionData {
    static func sample(
        id: Int64, customer: Int64 = 5, rewardId: Int64?, status: MissionStatus = .rewardAllocated
    ) -> MissionData {
        MissionData(id: id, version: 3, customerId: customer, title: "t", rewardId: rewardId, status: status)
    }
}

extension EventEnvelope {
    static func mission(_ data: MissionData) -> EventEnvelope {
        envelope("MissionUpdated", topic: "game.mission", JSON.encode(data))
    }

    static func gift(_ type: String, _ data: some EventData) -> EventEnvelope {
        envelope(type, topic: "game.gift", JSON.encode(data))
    }

    private static func envelope(_ type: String, topic: String, _ data: [UInt8]) -> EventEnvelope {
        EventEnvelope(
            id: UUIDv7.make(), type: type, source: "/test", subject: nil, time: .now, correlationID: "saga",
            trace: TraceContext(), data: data, topic: topic, partition: 0, offset: 0)
    }
}
