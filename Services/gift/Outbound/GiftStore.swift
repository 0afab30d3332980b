import Contracts
import Outbox
import Postgres

/// What a gift is made from.
struct GiftDraft: Sendable {
    let gift: NewGift
    let context: WriteContext
    /// Its notice is asked for in the same commit.
    let isDeferring: Bool
}

/// The SQL of gifts. Whoever locks rewards and gifts locks the rewards first.
struct GiftStore: AggregateStore {
    static let table = "gifts"
    static let columns = """
        id, version, reward_id, mission_id, customer_id, name, status, is_confirmed, exchange_notice, use_notice, \
        notice_due, correlation_id, trace, created_at, updated_at
        """

    /// How long the replica that made a gift has to see to its notice.
    let noticePatience: Duration
    private let rewards = RewardCopies()

    init(noticePatience: Duration) { self.noticePatience = noticePatience }

    func entity(_ row: PostgresRow) throws -> Gift {
        let notices = GiftNotices(
            exchange: try row.choice(8), use: try row.stringOrNil(9) == nil ? nil : try row.choice(9),
            due: try row.timestampOrNil(10))
        return Gift(
            id: try row.int64(0), version: try row.int64(1), rewardId: try row.int64(2), missionId: try row.int64(3),
            customerId: try row.int64(4), name: try row.stringOrNil(5), status: try row.choice(6),
            isConfirmed: try row.bool(7), notices: notices, correlationID: try row.string(11),
            trace: try row.string(12), createdAt: try row.timestamp(13), updatedAt: try row.timestamp(14))
    }

    /// Exchanges rewards that are free as far as is known here; the rewards stay locked, so that no news of them can
    /// pass these gifts by.
    func insert(_ drafts: [GiftDraft], on connection: PostgresConnection) throws -> [Result<Gift, DomainError>] {
        let known = try rewards.lock(drafts.map(\.gift.rewardId), on: connection)
        let wanted = drafts.filter { known.reward(of: $0)?.refusal == nil && known.reward(of: $0) != nil }
        let ids = try connection.query(
            "SELECT nextval('gifts_id') FROM generate_series(1, $1)", [.int8(Int64(wanted.count))])
        let now = Timestamp.now
        let gifts = try zip(ids, wanted).compactMap { row, draft -> Gift? in
            guard let reward = known.reward(of: draft) else { return nil }
            var gift = Gift(
                id: try row.int64(0), draft.gift, for: reward, in: draft.context, at: now, due: now + noticePatience)
            if draft.isDeferring { _ = gift.deferNotices() }
            return gift
        }
        let inserted = try insertLive(gifts, on: connection)
        var candidates = gifts.makeIterator()
        return drafts.map { draft in
            guard let reward = known.reward(of: draft) else {
                return .failure(.rewardNotFound(draft.gift.rewardId))
            }
            if let refusal = reward.refusal { return .failure(refusal) }
            guard let gift = candidates.next(), inserted.contains(gift.id) else {
                return .failure(.rewardAlreadyExchanged(reward.id))
            }
            return .success(gift)
        }
    }

    /// Inserts those whose rewards have no live gift yet, one for each reward, and returns their ids.
    private func insertLive(_ gifts: [Gift], on connection: PostgresConnection) throws -> Set<Int64> {
        guard !gifts.isEmpty else { return [] }
        let rows = try connection.query(
            """
            INSERT INTO gifts (id, version, reward_id, mission_id, customer_id, name, status, is_confirmed,
                               exchange_notice, notice_due, correlation_id, trace, created_at, updated_at)
            SELECT id, version, reward_id, mission_id, customer_id, name, status, false, notice, due, correlation_id,
                   trace, created_at, created_at
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                        $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::timestamptz[])
                AS new(id, version, reward_id, mission_id, customer_id, name, status, notice, due, correlation_id,
                       trace, created_at)
            ON CONFLICT (reward_id) WHERE status <> 'Cancelled' DO NOTHING RETURNING id
            """,
            [
                .int8Array(gifts.map(\.id)), .int8Array(gifts.map(\.version)), .int8Array(gifts.map(\.rewardId)),
                .int8Array(gifts.map(\.missionId)), .int8Array(gifts.map(\.customerId)),
                .textArray(gifts.map(\.name)), .textArray(gifts.map(\.status.rawValue)),
                .textArray(gifts.map(\.notices.exchange.rawValue)), .timestampArray(gifts.map(\.notices.due)),
                .textArray(gifts.map(\.correlationID)), .textArray(gifts.map(\.trace)),
                .timestampArray(gifts.map(\.createdAt)),
            ])
        return Set(try rows.map { try $0.int64(0) })
    }

    func save(_ gifts: [Gift], on connection: PostgresConnection) throws {
        guard !gifts.isEmpty else { return }
        _ = try connection.execute(
            """
            UPDATE gifts SET version = news.version, status = news.status, is_confirmed = news.is_confirmed,
                exchange_notice = news.exchange_notice, use_notice = news.use_notice, notice_due = news.notice_due,
                correlation_id = news.correlation_id, trace = news.trace, updated_at = news.updated_at
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::text[],
                        $7::timestamptz[], $8::text[], $9::text[], $10::timestamptz[])
                AS news(id, version, status, is_confirmed, exchange_notice, use_notice, notice_due, correlation_id,
                        trace, updated_at)
            WHERE gifts.id = news.id
            """,
            [
                .int8Array(gifts.map(\.id)), .int8Array(gifts.map(\.version)),
                .textArray(gifts.map(\.status.rawValue)), .boolArray(gifts.map(\.isConfirmed)),
                .textArray(gifts.map(\.notices.exchange.rawValue)), .textArray(gifts.map(\.notices.use?.rawValue)),
                .timestampArray(gifts.map(\.notices.due)), .textArray(gifts.map(\.correlationID)),
                .textArray(gifts.map(\.trace)), .timestampArray(gifts.map(\.updatedAt)),
            ])
    }

    func notFound(_ id: Int64) -> DomainError { .giftNotFound(id) }

    /// The live gifts of rewards; the rewards must be locked, so that there can be no others.
    func live(ofRewards rewards: [Int64], on connection: PostgresConnection) throws -> [(id: Int64, rewardId: Int64)] {
        guard !rewards.isEmpty else { return [] }
        return try connection.query(
            "SELECT id, reward_id FROM gifts WHERE reward_id = ANY($1::bigint[]) AND status <> 'Cancelled'",
            [.int8Array(rewards)]
        ).map { (try $0.int64(0), try $0.int64(1)) }
    }

    /// Locks gifts whose notices are overdue, and passes over those that another replica or a request has locked.
    func lockForgotten(_ limit: Int, at now: Timestamp, on connection: PostgresConnection) throws -> [Gift] {
        try connection.query(
            """
            SELECT \(Self.columns) FROM gifts WHERE notice_due <= $1 ORDER BY notice_due LIMIT $2
            FOR UPDATE SKIP LOCKED
            """, [.timestamp(now), .int8(Int64(limit))]
        ).map { try entity($0) }
    }
}

extension [Int64: RewardCopy] {
    /// The reward that a gift is wanted for; another customer's is unknown to the caller.
    fileprivate func reward(of draft: GiftDraft) -> RewardCopy? {
        self[draft.gift.rewardId].flatMap { draft.context.scope.includes($0.customerId) ? $0 : nil }
    }
}
