import Contracts
import Messaging
import Outbox
import Postgres

/// What mission does with the events of others: reward's `Allocated`, telegram's `MessageUpdated`.
enum MissionEvents {
    static let types: [String: Set<String>] = [
        // The update too: `republish` tells of a reward in its present state, and that may be a later one.
        Aggregate.reward.topic: [RewardEventType.allocated.rawValue, RewardEventType.updated.rawValue],
        Aggregate.telegram.topic: [TelegramEventType.messageUpdated.rawValue],
    ]

    private enum Change {
        case allocate(rewardId: Int64, context: WriteContext)
        case note(MissionMessage)
    }

    static func handler(pool: PostgresPool, store: MissionStore) -> InboxHandler {
        InboxHandler(pool: pool, types: types) { connection, events in
            let now = Timestamp.now
            var news: [NewEvent] = []
            try store.update(try events.compactMap(change), on: connection) { mission, change in
                switch change {
                case .allocate(let rewardId, let context):
                    guard mission.allocate(rewardId: rewardId, at: now) else { return false }
                    news.append(NewEvent(MissionEventType.updated, mission.data, in: context))
                    return true
                case .note(let message):
                    return mission.note(message)
                }
            }
            try OutboxTable.insert(news, on: connection)
        }
    }

    private static func change(_ event: EventEnvelope) throws -> (id: Int64, change: Change)? {
        if event.topic == Aggregate.reward.topic {
            let reward = try event.decode(RewardData.self)
            return (reward.missionId, .allocate(rewardId: reward.id, context: event.writeContext))
        }
        let message = try event.decode(MessageData.self)
        // Messages about a gift are the gift's affair.
        guard let missionId = message.missionId, message.giftId == nil else { return nil }
        return (missionId, .note(MissionMessage(id: message.id, version: message.version, status: message.status)))
    }
}
