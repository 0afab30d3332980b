import Contracts
import Messaging
import Outbox
import Postgres

/// What reward does with the events of others: grants one reward for each `MissionAchieved`, binds a reward to the gift
/// that was `Exchanged` for it or rejects the exchange, and notes that the gift was `Used`.
///
/// `Cancelled` concerns it not: a gift is cancelled only when its reward is revoked or bound to another, and both are
/// for good.
enum RewardEvents {
    static let types: [String: Set<String>] = [
        Aggregate.mission.topic: [MissionEventType.achieved.rawValue],
        Aggregate.gift.topic: [GiftEventType.exchanged.rawValue, GiftEventType.used.rawValue],
    ]

    static func handler(pool: PostgresPool, store: RewardStore) -> InboxHandler {
        InboxHandler(pool: pool, types: types) { connection, events in
            let news =
                try grant(events.filter { $0.topic == Aggregate.mission.topic }, store, on: connection)
                + exchange(events.filter { $0.topic == Aggregate.gift.topic }, store, on: connection)
            try OutboxTable.insert(news, on: connection)
        }
    }

    private static func grant(
        _ events: [EventEnvelope], _ store: RewardStore, on connection: PostgresConnection
    ) throws -> [NewEvent] {
        guard !events.isEmpty else { return [] }
        let grants = try events.map { event in
            let mission = try event.decode(MissionData.self)
            return RewardGrant(missionId: mission.id, customerId: mission.customerId)
        }
        return zip(events, try store.insert(grants, on: connection)).compactMap { event, result in
            // A mission that has its reward already is no fault: the event was told twice.
            guard case .success(let reward) = result else { return nil }
            return NewEvent(RewardEventType.allocated, reward.data, in: event.writeContext)
        }
    }

    private static func exchange(
        _ events: [EventEnvelope], _ store: RewardStore, on connection: PostgresConnection
    ) throws -> [NewEvent] {
        guard !events.isEmpty else { return [] }
        let now = Timestamp.now
        let changes = try events.map { event in
            let gift = try event.decode(GiftData.self)
            return (id: gift.rewardId, change: (gift: gift, event: event))
        }
        let known = try store.find(changes.map(\.id), on: connection)
        if let missing = changes.first(where: { known[$0.id] == nil }) {
            // Gifts learn of rewards from here alone: something is lost, and an operator has to know.
            throw BadMessage("unknown-reward", "there is no reward \(missing.id), which the gift was exchanged for")
        }
        var news: [NewEvent] = []
        try store.update(changes, on: connection) { reward, change in
            let (gift, context) = (change.gift, change.event.writeContext)
            var isChanged = false
            switch reward.exchange(for: gift.id, at: now) {
            case .done:
                news.append(NewEvent(RewardEventType.updated, reward.data, in: context))
                isChanged = true
            case .repeated: break
            case .refused(let refusal):
                news.append(
                    NewEvent(RewardEventType.exchangeRejected, reward.rejection(of: gift, refusal), in: context))
            }
            // A gift that is used has been exchanged, whether or not that news came first.
            if change.event.type == GiftEventType.used.rawValue, reward.use(by: gift.id, at: now) {
                news.append(NewEvent(RewardEventType.updated, reward.data, in: context))
                isChanged = true
            }
            return isChanged
        }
        return news
    }
}
