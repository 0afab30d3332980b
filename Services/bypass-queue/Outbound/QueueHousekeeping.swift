import Contracts
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Measures the queue and removes what has outlived its use, in small batches.
struct QueueHousekeeping: Service, CustomStringConvertible {
    private static let batch: Int64 = 2_000

    let pool: PostgresPool
    let gauge: QueueGauge
    let retention: Duration
    let logger: Logger

    var description: String { "QueueHousekeeping" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let clock = ContinuousClock()
            var nextPurge = clock.now + .seconds(60)
            var nextAge = clock.now
            while !Task.isCancelled {
                await measureDepth()
                if clock.now >= nextAge {
                    await measureAge()
                    nextAge = clock.now + .seconds(5)
                }
                if clock.now >= nextPurge {
                    await purge()
                    nextPurge = clock.now + .seconds(60)
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func measureDepth() async {
        let depth = try? await pool.run { connection in
            try connection.query(
                "SELECT coalesce(sum(last_sequence - done_sequence), 0)::bigint FROM groups WHERE is_waiting")[0].int64(
                    0)
        }
        guard let depth else { return }
        gauge.measured(Int(depth))
        Gauge(label: "queue_depth").record(depth)
    }

    private func measureAge() async {
        let oldest = try? await pool.run { connection -> [Timestamp] in
            let rows = try connection.query(
                """
                SELECT min(head.accepted_at) FROM groups g CROSS JOIN LATERAL (
                    SELECT accepted_at FROM messages m WHERE m.group_id = g.id ORDER BY m.id LIMIT 1
                ) head WHERE g.is_waiting
                """)
            return try rows.compactMap { try $0.timestampOrNil(0) }
        }
        guard let oldest else { return }
        let age = oldest.first.map { max(0, Double(Timestamp.now.milliseconds - $0.milliseconds) / 1000) } ?? 0
        Gauge(label: "queue_oldest_seconds").record(age)
    }

    /// Removes what is older than the retention; tests and operators may call it.
    func purge() async {
        await purge("finished", "finished_at")
        await purge("attempts", "started_at", unless: "m.id = t.message_id")
        await purge("webhook_ids", "accepted_at", unless: "m.id = t.message_id")
    }

    /// - Parameter condition: Rows stay while there is a waiting message of which this is true.
    private func purge(_ table: String, _ column: String, unless condition: String? = nil) async {
        let kept = condition.map {
            "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.group_id = t.group_id AND \($0))"
        }
        let sql = """
            DELETE FROM \(table) WHERE ctid = ANY(ARRAY(
                SELECT t.ctid FROM \(table) t
                WHERE t.\(column) < clock_timestamp() - make_interval(secs => $1) \(kept ?? "") LIMIT $2))
            """
        var total = 0
        do {
            while !Task.isCancelled {
                let count = try await pool.run { [retention] in
                    try $0.execute(sql, [.double(retention.inSeconds), .int8(Self.batch)])
                }
                total += count
                if count < Int(Self.batch) { break }
            }
        } catch {
            logger.warning("Purging failed; it is tried again later", metadata: ["error": "\(error)"])
        }
        if total > 0 { Counter(label: "purged_rows_total", dimensions: [("table", table)]).increment(by: total) }
    }
}
