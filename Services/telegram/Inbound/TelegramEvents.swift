import Contracts
import Messaging
import Outbox
import Postgres

/// What telegram does with the events of others: queues the messages that follow from them.
struct TelegramEvents: EventBatchHandler {
    static let types: [String: Set<String>] = [
        Aggregate.mission.topic: [MissionEventType.updated.rawValue],
        Aggregate.gift.topic: [GiftEventType.cancelled.rawValue, GiftEventType.notificationRequested.rawValue],
    ]

    let pool: PostgresPool
    let desk: SendDesk
    private let store = MessageStore()

    init(pool: PostgresPool, desk: SendDesk) {
        self.pool = pool
        self.desk = desk
    }

    func handles(topic: String, type: String) -> Bool { Self.types[topic]?.contains(type) ?? false }

    /// One transaction: inbox, messages, and the events that tell of them.
    func apply(_ events: [EventEnvelope]) async throws -> AppliedBatch {
        let (applied, messages) = try await pool.transaction { [store] connection in
            let fresh = try Inbox.admit(events, on: connection)
            let messages = try store.insertNew(try fresh.compactMap(Self.draft), on: connection)
            try OutboxTable.insert(messages.map(\.stateEvent), on: connection)
            return (fresh.count, messages)
        }
        MessageMetrics.count(messages)
        if !messages.isEmpty { desk.ring() }
        return AppliedBatch(applied: applied, duplicates: events.count - applied)
    }

    /// The message that follows from an event, if any.
    static func draft(_ event: EventEnvelope) throws -> MessageDraft? {
        do {
            guard let message = try message(event) else { return nil }
            return MessageDraft(message: message, context: event.writeContext)
        } catch let error as DomainError {
            throw BadMessage("malformed-data", error.detail)
        }
    }

    private static func message(_ event: EventEnvelope) throws -> NewMessage? {
        switch event.type {
        case MissionEventType.updated.rawValue:
            let mission = try event.decode(MissionData.self)
            guard mission.status == .rewardAllocated else { return nil }
            guard let rewardId = mission.rewardId else {
                throw BadMessage("malformed-data", "the field rewardId is missing")
            }
            return try .rewarded(mission, rewardId: rewardId)
        case GiftEventType.cancelled.rawValue:
            let gift = try event.decode(GiftData.self)
            return gift.customerTold == true ? try .cancelled(gift) : nil
        case GiftEventType.notificationRequested.rawValue:
            return try .requested(try event.decode(NotificationRequest.self))
        default:
            return nil
        }
    }
}
