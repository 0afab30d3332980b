import Contracts
import Postgres

/// The table of events that are committed and not yet published.
public enum OutboxTable {
    /// A row as the relay takes it.
    public struct Row: Sendable {
        public let sequence: Int64
        public let event: NewEvent
    }

    /// The oldest rows, in the order of `seq`.
    struct Head: Sendable {
        var rows: [Row] = []
        /// Aggregates that this release has no topic for; their rows stay until one is deployed that has.
        var unknownAggregates: Set<String> = []
    }

    /// Writes events in the caller's transaction; they are published if and only if it commits.
    ///
    /// The rows of the entities that the events tell of must be locked by then, so that `seq` follows their changes.
    public static func insert(_ events: [NewEvent], on connection: PostgresConnection) throws {
        guard !events.isEmpty else { return }
        _ = try connection.execute(
            """
            INSERT INTO outbox (id, aggregatetype, aggregateid, type, key, payload, headers, created_at)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::json[], $7::json[],
                                 $8::timestamptz[])
            """,
            [
                .uuidArray(events.map(\.id)),
                .textArray(events.map(\.aggregate.rawValue)),
                .int8Array(events.map(\.aggregateID)),
                .textArray(events.map(\.type)),
                .textArray(events.map(\.key)),
                .jsonArray(events.map(\.payload)),
                .jsonArray(events.map(headers)),
                .timestampArray(events.map(\.time)),
            ]
        )
        connection.signal(OutboxSchema.channel)
    }

    /// Removes rows that the broker has acknowledged, and returns the oldest of the others in the order of `seq`.
    ///
    /// One statement and one commit. Rows that commit late are found by a later call. `NOT IN (SELECT …)` is looked up
    /// in a hash table; `<> ALL` would compare each row with each number.
    static func next(_ limit: Int, removing published: [Int64], on connection: PostgresConnection) throws -> Head {
        let rows = try connection.query(
            """
            WITH removed AS (DELETE FROM outbox WHERE seq = ANY($2::bigint[]))
            SELECT seq, id, aggregatetype, aggregateid, type, key, payload,
                   headers->>'correlationid', headers->>'traceparent', created_at
            FROM outbox WHERE seq NOT IN (SELECT unnest($2::bigint[])) ORDER BY seq LIMIT $1
            """,
            [.int8(Int64(limit)), .int8Array(published)]
        )
        var head = Head()
        for row in rows {
            let (id, name) = (try row.uuid(1), try row.string(2))
            guard let aggregate = Aggregate(rawValue: name) else {
                head.unknownAggregates.insert(name)
                continue
            }
            let event = NewEvent(
                id: id,
                aggregate: aggregate,
                aggregateID: try row.int64(3),
                type: try row.string(4),
                key: try row.string(5),
                payload: try row.bytes(6),
                correlationID: try row.stringOrNil(7) ?? id.text,
                trace: try row.stringOrNil(8).flatMap(TraceContext.init) ?? TraceContext(),
                time: try row.timestamp(9)
            )
            head.rows.append(Row(sequence: try row.int64(0), event: event))
        }
        return head
    }

    /// How many rows wait (counted up to `limit`) and since when the oldest does.
    static func backlog(limit: Int, on connection: PostgresConnection) throws -> (count: Int64, oldest: Timestamp?) {
        let rows = try connection.query(
            """
            SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT $1) counted),
                   (SELECT created_at FROM outbox ORDER BY seq LIMIT 1)
            """,
            [.int8(Int64(limit))]
        )
        guard let row = rows.first else { return (0, nil) }
        return (try row.int64(0), try row.timestampOrNil(1))
    }

    private static func headers(_ event: NewEvent) -> [UInt8] {
        var json = Array(#"{"correlationid":"#.utf8)
        JSONText.appendQuoted(event.correlationID, to: &json)
        json.append(contentsOf: #","traceparent":""#.utf8)
        json.append(contentsOf: event.trace.description.utf8)
        json.append(contentsOf: #""}"#.utf8)
        return json
    }
}
