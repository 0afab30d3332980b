import Contracts
import Outbox
import Postgres

/// The SQL of rewards.
struct RewardStore: AggregateStore {
    static let table = "rewards"
    static let columns = "id, version, mission_id, customer_id, gift_id, status, created_at, updated_at"

    func entity(_ row: PostgresRow) throws -> Reward {
        Reward(
            id: try row.int64(0), version: try row.int64(1), missionId: try row.int64(2),
            customerId: try row.int64(3), giftId: try row.int64OrNil(4), status: try row.choice(5),
            createdAt: try row.timestamp(6), updatedAt: try row.timestamp(7))
    }

    /// Grants one reward a mission; a mission that has its reward already is refused.
    func insert(_ grants: [RewardGrant], on connection: PostgresConnection) throws -> [Result<Reward, DomainError>] {
        let ids = try connection.query(
            "SELECT nextval('rewards_id') FROM generate_series(1, $1)", [.int8(Int64(grants.count))])
        let now = Timestamp.now
        let rewards = try zip(ids, grants).map { row, grant in Reward(id: try row.int64(0), grant, at: now) }
        let inserted = try connection.query(
            """
            INSERT INTO rewards (id, version, mission_id, customer_id, status, created_at, updated_at)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
                                 $6::timestamptz[], $7::timestamptz[])
            ON CONFLICT (mission_id) DO NOTHING RETURNING id
            """,
            [
                .int8Array(rewards.map(\.id)), .int8Array(rewards.map(\.version)),
                .int8Array(rewards.map(\.missionId)), .int8Array(rewards.map(\.customerId)),
                .textArray(rewards.map(\.status.rawValue)), .timestampArray(rewards.map(\.createdAt)),
                .timestampArray(rewards.map(\.updatedAt)),
            ]
        )
        let granted = Set(try inserted.map { try $0.int64(0) })
        return rewards.map { granted.contains($0.id) ? .success($0) : .failure(.rewardAlreadyGranted) }
    }

    func save(_ rewards: [Reward], on connection: PostgresConnection) throws {
        guard !rewards.isEmpty else { return }
        _ = try connection.execute(
            """
            UPDATE rewards SET version = news.version, gift_id = news.gift_id, status = news.status,
                updated_at = news.updated_at
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
                AS news(id, version, gift_id, status, updated_at)
            WHERE rewards.id = news.id
            """,
            [
                .int8Array(rewards.map(\.id)), .int8Array(rewards.map(\.version)),
                .int8Array(rewards.map(\.giftId)), .textArray(rewards.map(\.status.rawValue)),
                .timestampArray(rewards.map(\.updatedAt)),
            ]
        )
    }

    func notFound(_ id: Int64) -> DomainError { .rewardNotFound(id) }
}
