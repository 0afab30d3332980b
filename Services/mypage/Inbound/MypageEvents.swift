import Contracts
import Messaging

/// Feeds one generation from the suite's events.
struct MypageEvents: EventBatchHandler {
    static let types: [String: Set<String>] = [
        Aggregate.mission.topic: Set(MissionEventType.allCases.map(\.rawValue)),
        Aggregate.reward.topic: [RewardEventType.allocated.rawValue, RewardEventType.updated.rawValue],
        Aggregate.gift.topic: [
            GiftEventType.exchanged.rawValue, GiftEventType.used.rawValue, GiftEventType.cancelled.rawValue,
        ],
        Aggregate.telegram.topic: [TelegramEventType.messageUpdated.rawValue],
    ]

    let projection: any MypageProjection

    func handles(topic: String, type: String) -> Bool { Self.types[topic]?.contains(type) ?? false }

    func apply(_ events: [EventEnvelope]) async throws -> AppliedBatch {
        let applied = try await projection.apply(try events.map { try Self.fact($0) })
        return AppliedBatch(applied: applied, duplicates: events.count - applied)
    }

    /// - Throws: ``BadMessage`` when the data is not what the topic's events carry.
    static func fact(_ event: EventEnvelope) throws(BadMessage) -> MypageFact {
        let state: MypageFact.State =
            switch event.topic {
            case Aggregate.mission.topic: .mission(try event.decode())
            case Aggregate.reward.topic: .reward(try event.decode())
            case Aggregate.gift.topic: .gift(try event.decode())
            case Aggregate.telegram.topic: .message(try event.decode())
            default: throw BadMessage("unknown-topic", "the read model does not know this topic")
            }
        return MypageFact(eventID: event.id, time: event.time, state: state)
    }
}
