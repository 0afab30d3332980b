import Contracts
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Measures the outbox and removes what has outlived its use: inbox rows after days, idempotency keys after a day.
///
/// Rows leave in small batches, so that no lock is held for long and nobody waits.
public struct Housekeeping: Service, CustomStringConvertible {
    /// Days for which the inbox remembers an event.
    public static let inboxDays = 7
    private static let batch: Int64 = 1_000

    private let pool: PostgresPool
    private let interval: Duration
    private let purgeInterval: Duration
    private let logger: Logger

    public init(
        pool: PostgresPool, interval: Duration = .seconds(1), purgeInterval: Duration = .seconds(60), logger: Logger
    ) {
        self.pool = pool
        self.interval = interval
        self.purgeInterval = purgeInterval
        self.logger = logger
    }

    public var description: String { "Housekeeping" }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let clock = ContinuousClock()
            var nextPurge = clock.now + purgeInterval
            while !Task.isCancelled {
                await measureOutbox()
                if clock.now >= nextPurge {
                    await purge()
                    nextPurge = clock.now + purgeInterval
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func measureOutbox() async {
        guard let backlog = try? await pool.run({ try OutboxTable.backlog(limit: 100_000, on: $0) }) else { return }
        Gauge(label: "outbox_pending").record(backlog.count)
        let age = backlog.oldest.map { max(0, Double(Timestamp.now.milliseconds - $0.milliseconds) / 1000) } ?? 0
        Gauge(label: "outbox_oldest_seconds").record(age)
    }

    /// Removes what is too old; public for tests and for an operator who will not wait.
    public func purge() async {
        await purge(
            "inbox",
            """
            DELETE FROM inbox WHERE id IN (
                SELECT id FROM inbox WHERE received_at < now() - make_interval(days => $1::int) LIMIT $2
                FOR UPDATE SKIP LOCKED)
            """, age: Int32(Self.inboxDays))
        await purge(
            "idempotency_keys",
            """
            DELETE FROM idempotency_keys WHERE (route, caller, key) IN (
                SELECT route, caller, key FROM idempotency_keys
                WHERE created_at < now() - make_interval(hours => $1::int) LIMIT $2 FOR UPDATE SKIP LOCKED)
            """, age: Int32(IdempotencyTable.hoursKept))
    }

    private func purge(_ table: String, _ sql: String, age: Int32) async {
        var total = 0
        do {
            while !Task.isCancelled {
                let count = try await pool.run { try $0.execute(sql, [.int4(age), .int8(Self.batch)]) }
                total += count
                if count < Int(Self.batch) { break }
            }
        } catch {
            logger.warning("Purging failed; it is tried again later", metadata: ["error": "\(error)"])
        }
        if total > 0 { Counter(label: "purged_rows_total", dimensions: [("table", table)]).increment(by: total) }
    }
}
