import Contracts
import MariaDB

/// The reading statements of one generation.
struct MypageReads: Sendable {
    private static let columns = """
        id, customer_id, title, mission_status, reward_id, reward_status, gift_id, gift_status, \
        telegram_id, telegram_status, gift_telegram_id, gift_telegram_status, updated_at
        """

    let generation: Generation
    private let tables: MypageTables
    private let byID: MariaDBBatch
    private let versions: [ConsistencyToken.Entity: MariaDBBatch]

    init(_ generation: Generation) {
        self.generation = generation
        let tables = MypageTables(generation)
        self.tables = tables
        byID = MariaDBBatch(
            head: "SELECT \(Self.columns) FROM \(tables.rows) WHERE id IN (", row: "?", tail: ")")
        func versions(_ columns: String, _ table: String, _ key: String) -> MariaDBBatch {
            MariaDBBatch(head: "SELECT \(columns) FROM \(table) WHERE \(key) IN (", row: "?", tail: ")")
        }
        self.versions = [
            .mission: versions("id, mission_version", tables.rows, "id"),
            .reward: versions("reward_id, reward_version", tables.rows, "reward_id"),
            .gift: versions("id, version", tables.gifts, "id"),
            .telegram: versions("id, version", tables.messages, "id"),
        ]
    }

    func rows(_ ids: [Int64], on connection: MariaDBConnection) throws(MariaDBError) -> [Int64: Mypage] {
        var rows: [Int64: Mypage] = [:]
        for row in try byID.query(on: connection, padding: ids.map { .int8($0) }) {
            let page = try Mypage(row)
            rows[page.id] = page
        }
        return rows
    }

    /// The versions that have been seen of these entities, as far as there are any.
    func versions(
        of entity: ConsistencyToken.Entity, _ ids: [Int64], on connection: MariaDBConnection
    ) throws(MariaDBError) -> [Int64: Int64] {
        guard let batch = versions[entity] else { return [:] }
        var found: [Int64: Int64] = [:]
        for row in try batch.query(on: connection, padding: ids.map { .int8($0) }) {
            found[try row.int64(0)] = try row.int64(1)
        }
        return found
    }

    func list(
        _ filter: MypageFilter, _ page: PageRequest, on connection: MariaDBConnection
    ) throws(MariaDBError) -> Page<Mypage> {
        var conditions = ["id > ?"]
        var values: [MariaDBValue] = [.int8(page.after?.after ?? 0)]
        func require(_ condition: String, _ value: Int64?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(.int8(value))
        }
        require("id = ?", filter.missionId)
        require("reward_id = ?", filter.rewardId)
        require("id = (SELECT mission_id FROM \(tables.gifts) WHERE id = ?)", filter.giftId)
        require("id = (SELECT mission_id FROM \(tables.messages) WHERE id = ?)", filter.telegramId)
        require("customer_id = ?", filter.customerId)
        values.append(.int8(Int64(page.limit + 1)))
        let sql = """
            SELECT \(Self.columns) FROM \(tables.rows) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY id LIMIT ?
            """
        var items: [Mypage] = []
        for row in try connection.query(sql, values) { items.append(try Mypage(row)) }
        return Page(fetched: items, limit: page.limit, id: \.id)
    }
}

extension Mypage {
    fileprivate init(_ row: MariaDBRow) throws(MariaDBError) {
        self.init(
            id: try row.int64(0), customerId: try row.int64OrNil(1), title: try row.stringOrNil(2),
            missionStatus: try row.stringOrNil(3).flatMap(MissionStatus.init),
            rewardId: try row.int64OrNil(4), rewardStatus: try row.stringOrNil(5).flatMap(RewardStatus.init),
            giftId: try row.int64OrNil(6), giftStatus: try row.stringOrNil(7).flatMap(GiftStatus.init),
            telegramId: try row.int64OrNil(8), telegramStatus: try row.stringOrNil(9).flatMap(MessageStatus.init),
            giftTelegramId: try row.int64OrNil(10),
            giftTelegramStatus: try row.stringOrNil(11).flatMap(MessageStatus.init),
            updatedAt: try row.timestamp(12))
    }
}
