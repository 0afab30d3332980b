import Contracts
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Makes the partitions of the days to come and removes those that are past the retention time.
struct EventHousekeeping: Service, CustomStringConvertible {
    private static let batch: Int64 = 5_000

    let pool: PostgresPool
    let retentionDays: Int
    var interval: Duration = .seconds(600)
    let logger: Logger

    var description: String { "EventHousekeeping" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await makePartitions()
                    try await removeOld()
                    try? await Task.sleep(for: interval)
                } catch {
                    logger.warning("housekeeping is tried again later", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: min(interval, .seconds(10)))
                }
            }
        }
    }

    func makePartitions() async throws {
        _ = try await pool.run { connection in
            try connection.execute("SELECT apilog.make_partitions(current_date - 1, current_date + 2)")
        }
    }

    /// Removes whole days, keys first; killed in between, the rest goes the next time.
    func removeOld() async throws {
        for partition in try await oldPartitions() {
            var place: (Timestamp, String) = (Timestamp(milliseconds: 0), "00000000-0000-0000-0000-000000000000")
            while let next = try await removeKeys(partition, after: place) { place = next }
            _ = try await pool.run { connection in
                try connection.execute(
                    "SELECT apilog.drop_partition(to_date($1, 'YYYYMMDD'))", [.text(String(partition.suffix(8)))])
            }
            Counter(label: "event_partitions_dropped_total").increment()
            logger.info("a day is past its retention", metadata: ["event.partition": "\(partition)"])
        }
    }

    /// Names such as `api_event_log_20260131`; nothing else is among them.
    private func oldPartitions() async throws -> [String] {
        let days = Int32(retentionDays)
        return try await pool.run { connection in
            try connection.query(
                """
                SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'apilog.api_event_log'::regclass AND c.relname ~ '^api_event_log_[0-9]{8}$'
                AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - $1::integer ORDER BY 1
                """, [.int4(days)]
            ).map { try $0.string(0) }
        }
    }

    private func removeKeys(
        _ partition: String, after place: (Timestamp, String)
    ) async throws -> (Timestamp, String)? {
        try await pool.run { connection in
            let rows = try connection.query(
                """
                WITH old AS (
                    SELECT upd_dt, uuid FROM apilog.\(partition) WHERE (upd_dt, uuid) > ($1, $2::uuid)
                    ORDER BY upd_dt, uuid LIMIT $3
                ), gone AS (
                    DELETE FROM apilog.event_key k USING old WHERE k.uuid = old.uuid AND k.upd_dt = old.upd_dt
                )
                SELECT upd_dt, uuid::text FROM old ORDER BY upd_dt DESC, uuid DESC LIMIT 1
                """, [.timestamp(place.0), .text(place.1), .int8(Self.batch)])
            return try rows.first.map { (try $0.timestamp(0), try $0.string(1)) }
        }
    }
}
