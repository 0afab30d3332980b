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
        var held: [KafkaMessage] = []
        while isWanted {
            var messages = held
            held = []
            if messages.isEmpty {
                messages = try await consumer.poll(maxMessages: 5000, maxBytes: 8 << 20, timeout: Self.pollTimeout)
            }
            let assigned = Set(consumer.status.assigned)
            states = states.filter { assigned.contains($0.key) }
            var lines = Dictionary(grouping: messages, by: \.topicPartition)
            let lag = consumer.status.lag
            for partition in assigned where lines[partition] == nil && states[partition] != nil {
                if lag[partition] ?? 0 == 0 { lines[partition] = [] }
            }
            for (partition, messages) in lines.sorted(by: { $0.key < $1.key }) {
                guard let state = try await count(messages, partition, states[partition], &held) else { return }
                states[partition] = state
            }
            consumer.commit(messages)
        }
    }

    /// Counts until it is committed, however often that takes; `nil` when the service ends meanwhile.
    private func count(
        _ messages: [KafkaMessage], _ partition: TopicPartition, _ known: WayState?, _ held: inout [KafkaMessage]
    ) async throws -> WayState? {
        var known = known
        var attempt = 0
        defer { if attempt > 0 { consumer.resumeAll() } }
        while isWanted {
            do {
                let state = known
                if let step = try await pool.run({ connection in
                    try self.step(messages, partition, state, connection)
                }) {
                    publisher.changed(step.batch.counts.keys)
                    publisher.changed(step.batch.ended)
                    if known == nil { publisher.changed(step.state.windows.open) }
                    metrics.record(step.batch)
                    return step.state
                }
                known = nil
            } catch let error as RedisError where error.isRetriable {
                // What became of the commit is not known: the state is read again.
                known = nil
                attempt += 1
                if attempt == 1 {
                    consumer.pauseAll()
                    logger.warning("counting waits for Redis", metadata: ["error": "\(error)"])
                }
                let pause = backoff.pause(afterAttempt: attempt)
                held += try await consumer.poll(maxMessages: 5000, maxBytes: 8 << 20, timeout: pause)
            }
        }
        return nil
    }

    private struct Step: Sendable {
        let state: WayState
        let batch: CountedBatch
    }

    private func step(
        _ messages: [KafkaMessage], _ partition: TopicPartition, _ known: WayState?, _ connection: RedisConnection
    ) throws -> Step? {
        let way = "\(partition.topic)-\(partition.partition)"
        let before = try known ?? store.load(way, on: connection)
        var counter = LineCounter(before, now: Timestamp.now.milliseconds)
        var next = before.nextOffset
        for message in messages {
            message.value?.withUnsafeBufferPointer { line in
                counter.count(line, isPassed: message.offset < before.nextOffset)
            }
            next = message.offset + 1
        }
        var (state, batch) = messages.isEmpty ? counter.finishIdle() : counter.finish()
        state.nextOffset = next
        guard !messages.isEmpty || !batch.isEmpty else { return Step(state: state, batch: batch) }
        state.version += 1
        let isTaken = try store.commit(batch, state, before: before.version, way: way, on: connection)
        return isTaken ? Step(state: state, batch: batch) : nil
    }
}
