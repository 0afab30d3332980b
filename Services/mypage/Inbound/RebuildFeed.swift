import Kafka
import Logging
import Messaging
import Resilience

/// Feeds a generation that is being built, one batch a step.
final class RebuildFeed {
    private static let batch = 2000
    private static let backoff = Backoff(base: .milliseconds(100), limit: .seconds(2))

    private let consumer: KafkaConsumer
    private let events: MypageEvents
    private let logger: Logger
    private var mostPartitions = 0

    init(consumer: KafkaConsumer, projection: any MypageProjection, logger: Logger) {
        self.consumer = consumer
        events = MypageEvents(projection: projection)
        self.logger = logger
    }

    /// Whether others have joined the group and taken partitions over.
    var hasCompany: Bool { consumer.status.assigned.count < mostPartitions }

    /// Takes in what is there, waiting for it a little, and notes how far that brings the rebuild.
    func step(_ progress: inout RebuildProgress) async throws {
        let messages = try await consumer.poll(maxMessages: Self.batch, maxBytes: 8 << 20, timeout: .milliseconds(100))
        try await apply(messages)
        consumer.commit(messages)
        for message in messages {
            progress.advance(
                RebuildProgress.Place(topic: message.topic, partition: message.partition), to: message.offset + 1)
        }
        let status = consumer.status
        mostPartitions = max(mostPartitions, status.assigned.count)
        if messages.isEmpty {
            for (place, lag) in status.lag where lag == 0 {
                progress.finish(RebuildProgress.Place(topic: place.topic, partition: place.partition))
            }
        }
    }

    func close() async { await consumer.close() }

    private func apply(_ messages: [KafkaMessage]) async throws {
        var facts: [MypageFact] = []
        for message in messages {
            do {
                let event = try EventCodec.envelope(message)
                if events.handles(topic: event.topic, type: event.type) { facts.append(try MypageEvents.fact(event)) }
            } catch {
                skip(error)
            }
        }
        try await apply(facts[...])
    }

    /// Applies the facts in one piece if possible, else in halves, until the one at fault is alone.
    private func apply(_ facts: ArraySlice<MypageFact>) async throws {
        var attempt = 0
        while !facts.isEmpty {
            do {
                _ = try await events.projection.apply(Array(facts))
                return
            } catch let error as any FailureClassifying where error.failureKind != .unavailable && attempt >= 3 {
                guard facts.count > 1 else { return skip(error) }
                let middle = facts.startIndex + facts.count / 2
                try await apply(facts[..<middle])
                return try await apply(facts[middle...])
            } catch let error as any FailureClassifying {
                attempt += 1
                logger.warning("the store does not take events now", metadata: ["error": "\(error)"])
                try await wait(Self.backoff.pause(afterAttempt: attempt))
            }
        }
    }

    /// Waits while it keeps the consumer's place in its group.
    private func wait(_ pause: Duration) async throws {
        consumer.pauseAll()
        defer { consumer.resumeAll() }
        _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: pause)
    }

    private func skip(_ error: any Error) {
        logger.warning(
            "an event is skipped; the live generation has made a dead letter of it", metadata: ["error": "\(error)"])
    }
}
