import Contracts
import Kafka
import Logging
import Orders
import Redis
import Resilience
import ServiceLifecycle

/// Counts the lines of the Kafka topic. Replicas share its partitions; a partition's position stands in Redis and moves
/// in the step that counts, the group's own offset follows it.
struct TopicCounter: Service, CustomStringConvertible {
    private static let pollTimeout: Duration = .milliseconds(100)
    private static let batchLines = 10_000
    private static let batchBytes = 8 << 20

    let consumer: KafkaConsumer
    let pool: RedisPool
    let store: RedisStatistics
    let publisher: StatisticsPublisher
    let metrics: CountingMetrics
    let logger: Logger
    var backoff = Backoff(base: .milliseconds(50), limit: .seconds(1))

    var description: String { "TopicCounter" }

    func run() async throws {
        do {
            try await count()
        } catch {
            await consumer.close()
            if error is CancellationError { return }
            throw error
        }
        await consumer.close()
    }

    private var isWanted: Bool { !Task.isShuttingDownGracefully && !Task.isCancelled }

    private func count() async throws {
        var states: [TopicPartition: WayState] = [:]
        var held: [KafkaValues] = []
        while isWanted {
            var batches = held
            held = []
            if batches.isEmpty { batches = try await poll(Self.pollTimeout) }
            let assigned = Set(consumer.status.assigned)
            states = states.filter { assigned.contains($0.key) }
            let lag = consumer.status.lag
            let busy = Set(batches.map(\.partition))
            let isIdle = assigned.filter { !busy.contains($0) && states[$0] != nil && lag[$0] ?? 0 == 0 }
            for lines in isIdle.sorted().map({ KafkaValues($0) }) + batches {
                guard let state = try await count(lines, states[lines.partition], &held) else { return }
                states[lines.partition] = state
            }
            consumer.commit(batches.reduce(into: [:]) { $0[$1.partition] = $1.nextOffset })
        }
    }

    private func poll(_ timeout: Duration) async throws -> [KafkaValues] {
        try await consumer.pollValues(maxMessages: Self.batchLines, maxBytes: Self.batchBytes, timeout: timeout)
    }

    /// Counts until it is committed, however often that takes; `nil` when the service ends meanwhile.
    private func count(
        _ lines: KafkaValues, _ known: WayState?, _ held: inout [KafkaValues]
    ) async throws -> WayState? {
        var known = known
        var attempt = 0
        defer { if attempt > 0 { consumer.resumeAll() } }
        while isWanted {
            do {
                let state = known
                if let step = try await pool.run({ connection in try self.step(lines, state, connection) }) {
                    publisher.changed(step.batch.counts.keys)
                    publisher.changed(step.batch.ended)
                    if known == nil { publisher.changed(step.state.windows.open) }
                    metrics.record(step.batch)
                    return step.state
                }
                known = nil
            } catch let error as RedisError where error.isRetriable || error.isConnectionLost {
                // What became of the commit is not known: the state is read again.
                known = nil
                attempt += 1
                if attempt == 1 {
                    consumer.pauseAll()
                    logger.warning("counting waits for Redis", metadata: ["error": "\(error)"])
                }
                let pause = backoff.pause(afterAttempt: attempt)
                held += try await poll(pause)
            }
        }
        return nil
    }

    private struct Step: Sendable {
        let state: WayState
        let batch: CountedBatch
    }

    private func step(
        _ lines: KafkaValues, _ known: WayState?, _ connection: RedisConnection
    ) throws -> Step? {
        let way = "\(lines.partition.topic)-\(lines.partition.partition)"
        let before = try known ?? store.load(way, on: connection)
        var counter = LineCounter(before, now: Timestamp.now.milliseconds)
        lines.forEach { offset, line in counter.count(line, isPassed: offset < before.nextOffset) }
        let isIdle = lines.nextOffset == 0
        var (state, batch) = isIdle ? counter.finishIdle() : counter.finish()
        if !isIdle { state.nextOffset = lines.nextOffset }
        guard !isIdle || !batch.isEmpty else { return Step(state: state, batch: batch) }
        state.version += 1
        let isTaken = try store.commit(batch, state, before: before.version, way: way, on: connection)
        return isTaken ? Step(state: state, batch: batch) : nil
    }
}
