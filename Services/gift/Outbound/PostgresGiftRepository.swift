import Contracts
import Outbox
import Postgres

/// Gifts in PostgreSQL, each change with its outbox rows in one commit.
struct PostgresGiftRepository: GiftRepository {
    private let pool: PostgresPool
    private let store: GiftStore
    private let writer: AggregateWriter<GiftStore>
    private let reader: AggregateReader<GiftStore>
    private let versions: SeenVersions

    init(pool: PostgresPool, store: GiftStore) {
        self.pool = pool
        self.store = store
        writer = AggregateWriter(store, pool: pool)
        reader = AggregateReader(store, pool: pool)
        versions = SeenVersions(pool: pool)
    }

    func create(_ gift: NewGift, deferring: Bool, _ context: WriteContext) async throws -> Gift {
        let draft = GiftDraft(gift: gift, context: context, isDeferring: deferring)
        return try await writer.create(draft, context) { gift in
            [NewEvent(GiftEventType.exchanged, gift.data, in: context)]
                + (deferring ? gift.untold.map { gift.request($0, in: context) } : [])
        }
    }

    func update(
        _ id: Int64, deferring: Bool, _ context: WriteContext,
        change: @escaping @Sendable (inout Gift) throws -> GiftEventType
    ) async throws -> Gift {
        try await writer.update(id, context) { gift in
            let type = try change(&gift)
            let requested = deferring ? gift.deferNotices() : []
            return [NewEvent(type, gift.data, in: context)] + requested.map { gift.request($0, in: context) }
        }
    }

    func settle(
        _ id: Int64, _ asked: [Notice], _ answers: [Notice: MessageStatus], _ context: WriteContext
    ) async throws {
        // A write of its own: the request's idempotency key belongs to the write that it asked for.
        var own = context
        own.idempotency = nil
        _ = try await writer.update(id, own) { [own] gift in
            for (notice, answer) in answers { gift.settle(notice, as: answer) }
            return gift.deferNotices(among: asked).map { gift.request($0, in: own) }
        }
    }

    func deferForgotten(limit: Int) async throws -> Int {
        try await pool.transaction { [store] connection in
            var gifts = try store.lockForgotten(limit, at: .now, on: connection)
            var requests: [NewEvent] = []
            for index in gifts.indices {
                for notice in gifts[index].deferNotices() {
                    requests.append(gifts[index].request(notice, in: gifts[index].lastContext))
                }
            }
            try store.save(gifts, on: connection)
            try OutboxTable.insert(requests, on: connection)
            return gifts.count
        }
    }

    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        try await writer.refuse(error, context)
    }

    func find(_ id: Int64, in scope: Scope = .everyone) async throws -> Gift {
        try await reader.find(id, in: scope)
    }

    func list(_ filter: GiftFilter, _ page: PageRequest) async throws -> Page<Gift> {
        var columns: [(column: String, value: PostgresValue)] = []
        if let customerId = filter.customerId { columns.append(("customer_id", .int8(customerId))) }
        if let rewardId = filter.rewardId { columns.append(("reward_id", .int8(rewardId))) }
        if let status = filter.status { columns.append(("status", .text(status.rawValue))) }
        return try await reader.list(columns, page)
    }

    func seen(_ token: ConsistencyToken) async throws -> Int64 { try await versions.seen(token) }
}
