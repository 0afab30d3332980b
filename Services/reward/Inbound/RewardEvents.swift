import Contracts
import Messaging
import Outbox
import Postgres

/// What reward does with the events of others: grants one reward for each `MissionAchieved`.
enum RewardEvents {
    static let types: [String: Set<String>] = [
        Aggregate.mission.topic: [MissionEventType.achieved.rawValue]
    ]

    static func handler(pool: PostgresPool, store: RewardStore) -> InboxHandler {
        InboxHandler(pool: pool, types: types) { connection, events in
            let grants = try events.map { event in
                let mission = try event.decode(MissionData.self)
                return RewardGrant(missionId: mission.id, customerId: mission.customerId)
            }
            var news: [NewEvent] = []
            for (event, result) in zip(events, try store.insert(grants, on: connection)) {
                // A mission that has its reward already is no fault: the event was told twice.
                guard case .success(let reward) = result else { continue }
                news.append(NewEvent(RewardEventType.allocated, reward.data, in: event.writeContext))
            }
            try OutboxTable.insert(news, on: connection)
        }
    }
}
