import Contracts
import Foundation
import Postgres

/// How far the index has come, and what follows.
///
/// Rows are taken in the order of the transactions that stored them, and only those of transactions below the snapshot's
/// `xmin`: every one of these has ended, so none can commit behind the cursor's back.
struct IndexCursor: Sendable, Hashable {
    /// A page's rows are at most so many and so many bytes.
    private static let rows: Int64 = 1_000
    private static let bytes: Int64 = 4 << 20
    private static let sink = "elasticsearch"

    var xid: String
    var place: EventPlace

    /// The rest of the log, from the cursor on.
    static func nextPage(on connection: PostgresConnection) throws -> (events: [Event], end: IndexCursor)? {
        let cursor = try read(on: connection)
        let rows = try connection.query(
            """
            SELECT \(PostgresEventRepository.columns), e.xid::text FROM (
                SELECT r.*, sum(coalesce(pg_column_size(r.payload), 0)) OVER (
                    ORDER BY r.xid, r.upd_dt, r.uuid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS before
                FROM apilog.api_event_log r
                WHERE r.xid >= $1::text::xid8 AND r.xid < pg_snapshot_xmin(pg_current_snapshot())
                    AND (r.xid > $1::text::xid8 OR (r.upd_dt, r.uuid) > ($2, $3))
                ORDER BY r.xid, r.upd_dt, r.uuid LIMIT $4
            ) e WHERE coalesce(e.before, 0) < $5 ORDER BY e.xid, e.upd_dt, e.uuid
            """,
            [
                .text(cursor.xid), .timestamp(cursor.place.time), .uuid(cursor.place.uuid), .int8(Self.rows),
                .int8(Self.bytes),
            ])
        let events = try rows.map(PostgresEventRepository.event)
        guard let last = events.last else { return nil }
        return (events, IndexCursor(xid: try rows[rows.count - 1].string(16), place: EventPlace(last)))
    }

    /// When the oldest event behind the cursor was stored; also of one that ``nextPage(on:)`` does not give yet, because
    /// an older transaction is still open.
    static func oldestWaiting(on connection: PostgresConnection) throws -> Timestamp? {
        let cursor = try read(on: connection)
        let rows = try connection.query(
            """
            SELECT upd_dt FROM apilog.api_event_log
            WHERE xid >= $1::text::xid8 AND (xid > $1::text::xid8 OR (upd_dt, uuid) > ($2, $3))
            ORDER BY xid, upd_dt, uuid LIMIT 1
            """, [.text(cursor.xid), .timestamp(cursor.place.time), .uuid(cursor.place.uuid)])
        return try rows.first?.timestamp(0)
    }

    /// Moves the cursor here, and notes what the index refused for good.
    func save(_ rejected: [(event: Event, reason: String)], on connection: PostgresConnection) throws {
        try connection.transaction { connection in
            if !rejected.isEmpty {
                try connection.execute(
                    """
                    INSERT INTO apilog.sink_rejection (sink, uuid, reason)
                    SELECT $1, uuid, reason FROM unnest($2::uuid[], $3::text[]) AS given (uuid, reason)
                    ON CONFLICT DO NOTHING
                    """,
                    [
                        .text(Self.sink), .uuidArray(rejected.map(\.event.uuid)), .textArray(rejected.map(\.reason)),
                    ])
            }
            try connection.execute(
                """
                INSERT INTO apilog.sink_cursor (sink, xid, upd_dt, uuid) VALUES ($1, $2::text::xid8, $3, $4)
                ON CONFLICT (sink) DO UPDATE
                SET xid = excluded.xid, upd_dt = excluded.upd_dt, uuid = excluded.uuid, updated_at = now()
                """, [.text(Self.sink), .text(xid), .timestamp(place.time), .uuid(place.uuid)])
        }
    }

    /// Back to the beginning: everything that is kept is indexed again.
    static func forget(on connection: PostgresConnection) throws {
        try connection.execute("DELETE FROM apilog.sink_cursor WHERE sink = $1", [.text(sink)])
    }

    private static func read(on connection: PostgresConnection) throws -> IndexCursor {
        let rows = try connection.query(
            "SELECT xid::text, upd_dt, uuid FROM apilog.sink_cursor WHERE sink = $1", [.text(sink)])
        guard let row = rows.first else {
            let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            return IndexCursor(xid: "0", place: EventPlace(time: Timestamp(milliseconds: 0), uuid: zero))
        }
        return IndexCursor(xid: try row.string(0), place: EventPlace(time: try row.timestamp(1), uuid: try row.uuid(2)))
    }
}
