import Contracts
import Outbox
import Postgres

/// The SQL of missions.
struct MissionStore: AggregateStore {
    static let table = "missions"
    static let columns = """
        id, version, customer_id, title, status, reward_id, telegram_id, telegram_version, telegram_status, \
        created_at, updated_at
        """

    func entity(_ row: PostgresRow) throws -> Mission {
        Mission(
            id: try row.int64(0), version: try row.int64(1), customerId: try row.int64(2),
            title: try row.stringOrNil(3), status: try row.choice(4), rewardId: try row.int64OrNil(5),
            message: try row.int64OrNil(6).map { id in
                MissionMessage(id: id, version: try row.int64(7), status: try row.choice(8))
            },
            createdAt: try row.timestamp(9), updatedAt: try row.timestamp(10))
    }

    func insert(_ drafts: [NewMission], on connection: PostgresConnection) throws -> [Result<Mission, DomainError>] {
        let ids = try connection.query(
            "SELECT nextval('missions_id') FROM generate_series(1, $1)", [.int8(Int64(drafts.count))])
        let now = Timestamp.now
        let missions = try zip(ids, drafts).map { row, draft in Mission(id: try row.int64(0), draft, at: now) }
        _ = try connection.execute(
            """
            INSERT INTO missions (id, version, customer_id, title, status, created_at, updated_at)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[],
                                 $6::timestamptz[], $7::timestamptz[])
            """,
            [
                .int8Array(missions.map(\.id)), .int8Array(missions.map(\.version)),
                .int8Array(missions.map(\.customerId)), .textArray(missions.map(\.title)),
                .textArray(missions.map(\.status.rawValue)), .timestampArray(missions.map(\.createdAt)),
                .timestampArray(missions.map(\.updatedAt)),
            ]
        )
        return missions.map { .success($0) }
    }

    func save(_ missions: [Mission], on connection: PostgresConnection) throws {
        guard !missions.isEmpty else { return }
        _ = try connection.execute(
            """
            UPDATE missions SET version = news.version, status = news.status, reward_id = news.reward_id,
                telegram_id = news.telegram_id, telegram_version = news.telegram_version,
                telegram_status = news.telegram_status, updated_at = news.updated_at
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
                        $8::timestamptz[])
                AS news(id, version, status, reward_id, telegram_id, telegram_version, telegram_status, updated_at)
            WHERE missions.id = news.id
            """,
            [
                .int8Array(missions.map(\.id)), .int8Array(missions.map(\.version)),
                .textArray(missions.map(\.status.rawValue)), .int8Array(missions.map(\.rewardId)),
                .int8Array(missions.map { $0.message?.id }), .int8Array(missions.map { $0.message?.version ?? 0 }),
                .textArray(missions.map { $0.message?.status.rawValue }),
                .timestampArray(missions.map(\.updatedAt)),
            ]
        )
    }

    func notFound(_ id: Int64) -> DomainError { .missionNotFound(id) }
}
