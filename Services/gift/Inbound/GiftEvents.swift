import Contracts
import Messaging
import Outbox
import Postgres

/// What gift does with reward's events: keeps its copy of rewards, confirms gifts, and cancels those whose reward
/// cannot be had.
enum GiftEvents {
    static let types: [String: Set<String>] = [
        Aggregate.reward.topic: Set(RewardEventType.allCases.map(\.rawValue))
    ]

    private struct Change {
        let consequence: (Gift) -> Gift.Consequence
        let context: WriteContext
    }

    static func handler(pool: PostgresPool, store: GiftStore) -> InboxHandler {
        InboxHandler(pool: pool, types: types) { connection, events in
            var news: [Int64: (reward: RewardCopy, context: WriteContext)] = [:]
            var changes: [(id: Int64, change: Change)] = []
            for event in events {
                if event.type == RewardEventType.exchangeRejected.rawValue {
                    let rejection = try event.decode(ExchangeRejection.self)
                    changes.append(
                        (rejection.giftId, Change(consequence: { _ in .cancel }, context: event.writeContext)))
                } else {
                    let reward = RewardCopy(try event.decode(RewardData.self))
                    if reward.version > news[reward.id]?.reward.version ?? 0 {
                        news[reward.id] = (reward, event.writeContext)
                    }
                }
            }
            let newer = try RewardCopies().take(news.values.map(\.reward), on: connection)
            for (id, rewardId) in try store.live(ofRewards: Array(newer), on: connection) {
                guard let (reward, context) = news[rewardId] else { continue }
                changes.append((id, Change(consequence: { $0.consequence(of: reward) }, context: context)))
            }
            try apply(changes, store, on: connection)
        }
    }

    private static func apply(
        _ changes: [(id: Int64, change: Change)], _ store: GiftStore, on connection: PostgresConnection
    ) throws {
        let now = Timestamp.now
        var events: [NewEvent] = []
        try store.update(changes, on: connection) { gift, change in
            switch change.consequence(gift) {
            case .none: return false
            case .confirm: return gift.confirm(at: now)
            case .cancel:
                guard gift.cancel(at: now) else { return false }
                // A call about the exchange may be under way. Asked for here, the news of the exchange stands in the
                // log before that of its cancellation, so telegram never tells them the other way round.
                for notice in gift.deferNotices() { events.append(gift.request(notice, in: change.context)) }
                events.append(NewEvent(GiftEventType.cancelled, gift.data, in: change.context))
                return true
            }
        }
        try OutboxTable.insert(events, on: connection)
    }
}
