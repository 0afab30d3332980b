import Contracts
import Outbox
import Postgres

/// The SQL of what is known here of rewards.
struct RewardCopies: Sendable {
    /// Locks and loads those of the rewards that are known, in the order of their ids.
    func lock(_ ids: [Int64], on connection: PostgresConnection) throws -> [Int64: RewardCopy] {
        let rows = try connection.query(
            """
            SELECT id, version, mission_id, customer_id, gift_id, status FROM rewards
            WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE
            """, [.int8Array(Array(Set(ids)).sorted())])
        return Dictionary(uniqueKeysWithValues: try rows.map { try Self.reward($0) }.map { ($0.id, $0) })
    }

    /// Takes over what is newer than what is known, and returns the ids of those rewards; they are locked from then on.
    func take(_ rewards: some Sequence<RewardCopy>, on connection: PostgresConnection) throws -> Set<Int64> {
        let news = rewards.sorted { $0.id < $1.id }
        guard !news.isEmpty else { return [] }
        let rows = try connection.query(
            """
            INSERT INTO rewards AS known (id, version, mission_id, customer_id, gift_id, status)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, mission_id = excluded.mission_id,
                customer_id = excluded.customer_id, gift_id = excluded.gift_id, status = excluded.status
            WHERE known.version < excluded.version
            RETURNING id
            """,
            [
                .int8Array(news.map(\.id)), .int8Array(news.map(\.version)), .int8Array(news.map(\.missionId)),
                .int8Array(news.map(\.customerId)), .int8Array(news.map(\.giftId)),
                .textArray(news.map(\.status.rawValue)),
            ])
        return Set(try rows.map { try $0.int64(0) })
    }

    private static func reward(_ row: PostgresRow) throws -> RewardCopy {
        RewardCopy(
            id: try row.int64(0), version: try row.int64(1), missionId: try row.int64(2),
            customerId: try row.int64(3), giftId: try row.int64OrNil(4), status: try row.choice(5))
    }
}
