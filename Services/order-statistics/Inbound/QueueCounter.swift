import Contracts
import Logging
import Orders
import Redis
import ServiceLifecycle
import Synchronization

/// Counts the lines of the Redis list. One replica reads; a line leaves the list in the step that counts it.
final class QueueCounter: Service, CustomStringConvertible {
    static let way = "queue"
    private static let idlePause: Duration = .milliseconds(15)

    private let pool: RedisPool
    private let store: RedisStatistics
    private let lease: ReaderLease
    private let publisher: StatisticsPublisher
    private let metrics: CountingMetrics
    private let batchLines: Int
    private let logger: Logger
    private let isReading = Mutex(false)

    init(
        pool: RedisPool, store: RedisStatistics, lease: ReaderLease, publisher: StatisticsPublisher,
        metrics: CountingMetrics, batchLines: Int = 5000, logger: Logger
    ) {
        self.pool = pool
        self.store = store
        self.lease = lease
        self.publisher = publisher
        self.metrics = metrics
        self.batchLines = batchLines
        self.logger = logger
    }

    var description: String { "QueueCounter" }

    /// What this replica does, for the readiness report.
    var summary: String { isReading.withLock { $0 } ? "reading the list" : "another replica reads the list" }

    func run() async throws {
        var hasComplained = false
        while isWanted {
            do {
                if try await hold() {
                    hasComplained = false
                    isReading.withLock { $0 = true }
                    try await count()
                }
                isReading.withLock { $0 = false }
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                isReading.withLock { $0 = false }
                guard isWanted else { break }
                if !hasComplained { logger.warning("counting waits for Redis", metadata: ["error": "\(error)"]) }
                hasComplained = true
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        let lease = lease
        _ = try? await pool.run { connection in try lease.release(on: connection) }
    }

    private var isWanted: Bool { !Task.isShuttingDownGracefully && !Task.isCancelled }

    private func hold() async throws -> Bool {
        let lease = lease
        return try await pool.run { connection in try lease.hold(on: connection) }
    }

    /// Counts until the right to is gone or somebody else has committed.
    private func count() async throws {
        let store = store
        var state = try await pool.run { connection in try store.load(Self.way, on: connection) }
        publisher.changed(state.windows.open)
        var heldAt = ContinuousClock.now
        while isWanted {
            let before = state
            guard let step = try await pool.run({ [self] connection in try self.step(before, connection) }) else {
                logger.info("somebody else has counted; the state is read again")
                return
            }
            state = step.state
            publisher.changed(step.batch.counts.keys)
            publisher.changed(step.batch.ended)
            metrics.record(step.batch)
            if heldAt.duration(to: .now) > lease.duration / 3 {
                guard try await hold() else { return }
                heldAt = .now
            }
            if step.lines == 0 { try await Task.sleep(for: Self.idlePause) }
        }
    }

    private struct Step: Sendable {
        let state: WayState
        let batch: CountedBatch
        let lines: Int
    }

    /// Reads, counts and commits one batch; `nil` when the commit was refused.
    private func step(_ before: WayState, _ connection: RedisConnection) throws -> Step? {
        let lines = try connection.strings(RedisCommand("LRANGE", StatisticsKeys.queue, "0", String(batchLines - 1)))
        var counter = LineCounter(before, now: Timestamp.now.milliseconds)
        lines.bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<lines.count { counter.count(UnsafeBufferPointer(rebasing: bytes[lines.range(index)])) }
        }
        var (state, batch) = lines.isEmpty ? counter.finishIdle() : counter.finish()
        guard !lines.isEmpty || !batch.isEmpty else { return Step(state: state, batch: batch, lines: 0) }
        state.version += 1
        let isTaken = try store.commit(
            batch, state, before: before.version, way: Self.way, taken: lines.count, on: connection)
        return isTaken ? Step(state: state, batch: batch, lines: lines.count) : nil
    }
}
