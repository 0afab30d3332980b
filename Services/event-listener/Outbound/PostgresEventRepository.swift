import Contracts
import Foundation
import Postgres

/// Reads the log.
struct PostgresEventRepository: EventRepository {
    static let columns = """
        e.uuid, e.event_type, e.event_action, e.event_ver, e.etc_str1, e.etc_str2, e.etc_str3, e.etc_num1, e.etc_num2,
        e.etc_num3, e.user_ip, e.payload, e.upd_dt, e.correlation_id, e.source, e.occurred_at
        """

    let pool: PostgresPool

    func find(_ uuid: UUID) async throws -> Event? {
        try await answering {
            try await pool.run { connection in
                // The key leads to the day, so that one partition is looked at and not all of them.
                let keys = try connection.query(
                    "SELECT upd_dt FROM apilog.event_key WHERE uuid = $1", [.uuid(uuid)])
                let key = try keys.first.map { try $0.timestamp(0) }
                guard let time = key ?? (EventID.isOwn(uuid) ? EventID.time(of: uuid) : nil) else { return nil }
                let rows = try connection.query(
                    "SELECT \(Self.columns) FROM apilog.api_event_log e WHERE e.upd_dt = $1 AND e.uuid = $2",
                    [.timestamp(time), .uuid(uuid)])
                return try rows.first.map(Self.event)
            }
        }
    }

    func list(_ query: EventQuery) async throws -> (events: [Event], next: EventPlace?) {
        var (conditions, values): ([String], [PostgresValue]) = ([], [])
        func add(_ condition: String, _ value: PostgresValue?) {
            guard let value else { return }
            values.append(value)
            conditions.append(condition.replacingOccurrences(of: "?", with: "$\(values.count)"))
        }
        add("e.event_type = ?", query.type.map(PostgresValue.text))
        add("e.event_action = ?", query.action.map(PostgresValue.text))
        add("e.upd_dt >= ?", query.from.map(PostgresValue.timestamp))
        add("e.upd_dt < ?", query.to.map(PostgresValue.timestamp))
        add("e.correlation_id = ?", query.correlationID.map(PostgresValue.text))
        // As the partial indexes have it.
        add("e.occurred_at IS NOT NULL AND e.etc_str1 = ?", query.customerID.map(PostgresValue.text))
        add("e.occurred_at IS NOT NULL AND e.etc_str2 = ?", query.missionID.map(PostgresValue.text))
        if let place = query.after {
            values += [.timestamp(place.time), .uuid(place.uuid)]
            conditions.append(
                "(e.upd_dt, e.uuid) \(query.newestFirst ? "<" : ">") ($\(values.count - 1), $\(values.count))")
        }
        values.append(.int8(Int64(query.limit) + 1))
        let order = query.newestFirst ? "DESC" : "ASC"
        let sql = """
            SELECT \(Self.columns) FROM apilog.api_event_log e
            \(conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))")
            ORDER BY e.upd_dt \(order), e.uuid \(order) LIMIT $\(values.count)
            """
        let parameters = values
        let found = try await answering {
            try await pool.run { connection in try connection.query(sql, parameters).map(Self.event) }
        }
        let page = Array(found.prefix(query.limit))
        return (page, found.count > query.limit ? page.last.map { EventPlace($0) } : nil)
    }

    /// A row of ``columns``.
    static func event(_ row: PostgresRow) throws -> Event {
        var event = Event(
            uuid: try row.uuid(0), type: try row.string(1), action: try row.string(2), version: try row.string(3),
            receivedAt: try row.timestamp(12))
        event.strings = try Triple { try row.stringOrNil(4 + $0) }
        event.numbers = try Triple { try row.int32OrNil(7 + $0) }
        event.userIP = try row.stringOrNil(10)
        event.payload = try row.bytesOrNil(11)
        event.correlationID = try row.stringOrNil(13)
        event.source = try row.stringOrNil(14)
        event.occurredAt = try row.timestampOrNil(15)
        return event
    }

    private func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError where error.isRetriable {
            throw StoreFailure.storeUnavailable.readRefusal
        }
    }
}

extension StoreFailure {
    /// What a reader is told.
    fileprivate var readRefusal: DomainError {
        DomainError(.unavailable, slug: rawValue, detail: "The event log's store is not reachable; try again.")
    }
}
