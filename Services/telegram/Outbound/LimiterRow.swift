import Contracts
import Postgres

/// The SQL of the one limiter.
enum LimiterRow {
    /// Locks the limiter, changes it and writes it back if it has changed.
    static func update<Value>(
        on connection: PostgresConnection, _ change: (inout SendLimiter, Timestamp) throws -> Value
    ) throws -> Value {
        let (before, now) = try read(on: connection, lock: true)
        var limiter = before
        let value = try change(&limiter, max(now, before.refilledAt))
        if limiter != before { try save(limiter, on: connection) }
        return value
    }

    /// The limiter, and the server's time.
    static func read(on connection: PostgresConnection, lock: Bool) throws -> (limiter: SendLimiter, now: Timestamp) {
        let rows = try connection.query(
            """
            SELECT tokens, refilled_at, blocked_until, suspects, suspected_at, probe_at, probe_failures, trouble,
                   clock_timestamp()
            FROM limiter WHERE id = 1 \(lock ? "FOR UPDATE" : "")
            """)
        guard let row = rows.first else { throw PostgresError(.query, "the limiter's row is missing") }
        let limiter = SendLimiter(
            tokens: try row.double(0), refilledAt: try row.timestamp(1), blockedUntil: try row.timestampOrNil(2),
            suspects: Set(try row.int64Array(3).compactMap { $0 }), suspectedAt: try row.timestampOrNil(4),
            probeAt: try row.timestampOrNil(5), probeFailures: Int(try row.int32(6)),
            trouble: try row.stringOrNil(7))
        return (limiter, try row.timestamp(8))
    }

    /// A success: those who were refused before were not refused because of all.
    static func clearSuspects(on connection: PostgresConnection) throws {
        _ = try connection.execute("UPDATE limiter SET suspects = '{}' WHERE id = 1 AND suspects <> '{}'")
    }

    private static func save(_ limiter: SendLimiter, on connection: PostgresConnection) throws {
        _ = try connection.execute(
            """
            UPDATE limiter SET tokens = $1, refilled_at = $2, blocked_until = $3::timestamptz, suspects = $4,
                suspected_at = $5::timestamptz, probe_at = $6::timestamptz, probe_failures = $7, trouble = $8::text
            WHERE id = 1
            """,
            [
                .double(limiter.tokens), .timestamp(limiter.refilledAt),
                .optional(limiter.blockedUntil, PostgresValue.timestamp), .int8Array(limiter.suspects.sorted()),
                .optional(limiter.suspectedAt, PostgresValue.timestamp),
                .optional(limiter.probeAt, PostgresValue.timestamp), .int4(Int32(limiter.probeFailures)),
                .optional(limiter.trouble, PostgresValue.text),
            ])
    }
}
