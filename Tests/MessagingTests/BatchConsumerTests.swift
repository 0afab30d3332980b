import Contracts
import Kafka
import KafkaDevBroker
import Logging
import Resilience
import Synchronization
import TestSupport
import Testing

@testable import Messaging

@Suite(.serialized) struct BatchConsumerTests {
    @Test func `bad messages become dead letters with their reason and stop nobody`() async throws {
        let bench = try await Bench(poison: { $0.decodedID == 13 })
        var records = (Int64(1)...40).map { bench.record(id: $0) }
        records.insert(KafkaRecord(topic: "game.mission", key: nil, value: [0xFF, 0x00, 0xFE], headers: []), at: 5)
        records.insert(
            KafkaRecord(topic: "game.mission", key: Array("7".utf8), value: nil, headers: records[0].headers), at: 9)
        try await bench.run(records) {
            bench.applied.withLock { $0.count } == 39
        } then: {
            // What is no event is set aside behind the events of its batch.
            let areThere = try await eventually {
                try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq").count == 3
            }
            #expect(areThere)
        }
        #expect(bench.applied.withLock { $0 } == (1...40).filter { $0 != 13 })
        let letters = try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq")
        #expect(Set(letters.map { $0.text("dlq-reason") }) == ["not-an-event", "null-value", "poisoned"])
        let poisoned = try #require(letters.first { $0.text("dlq-reason") == "poisoned" })
        #expect(poisoned.text("dlq-topic") == "game.mission")
        #expect(poisoned.text("dlq-consumer") == "test")
        #expect(poisoned.text("ce_type") == "MissionCreated")
        #expect(poisoned.text("dlq-attempts") == "1")
        #expect(poisoned.value == bench.record(id: 13).value)
        await bench.close()
    }

    @Test func `a store that is away is waited for without dead letters`() async throws {
        let failures = Mutex(6)
        let bench = try await Bench(unavailable: {
            failures.withLock { left in
                left -= 1
                return left >= 0
            }
        })
        try await bench.run((Int64(1)...20).map { bench.record(id: $0) }) {
            bench.applied.withLock { $0.count } == 20
        }
        #expect(bench.applied.withLock { $0 } == Array(1...20))
        #expect(try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq").isEmpty)
        await bench.close()
    }

    @Test func `a dead letter that cannot be written for long does not cost the place in the group`() async throws {
        let bench = try await Bench(poison: { $0.decodedID == 2 })
        let patience: Duration = .seconds(6)
        // As while the dead letters' topic is missing.
        try bench.broker.setTopicError("game.mission.dlq", 3)
        try await bench.run((Int64(1)...3).map { bench.record(id: $0) }, maxPollInterval: patience) {
            bench.applied.withLock { $0 == [1] }
        } then: {
            // Longer than the group waits for a member that does not poll.
            try await Task.sleep(for: patience + .seconds(1))
            try bench.broker.setTopicError("game.mission.dlq", nil)
            #expect(await eventually { bench.applied.withLock { $0.contains(3) } })
            // Whoever has lost its place reads the first ones again before this one.
            for result in try await bench.producer.send([bench.record(id: 4)]) { try result.get() }
            #expect(await eventually { bench.applied.withLock { $0.contains(4) } })
        }
        #expect(bench.applied.withLock { $0 } == [1, 3, 4])
        #expect(try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq").count == 1)
        await bench.close()
    }

    @Test func `a value over the broker's limit is cut in its dead letter`() async throws {
        let bench = try await Bench(producer: ["message.max.bytes": "4000000"])
        let huge = KafkaRecord(
            topic: "game.mission", key: nil, value: [UInt8](repeating: 0x78, count: 2_000_000), headers: [])
        try await bench.run([huge, bench.record(id: 1)]) {
            bench.applied.withLock { $0 } == [1]
        } then: {
            // It is set aside behind the events of its batch.
            let isThere = try await eventually {
                try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq").count == 1
            }
            #expect(isThere)
        }
        let letter = try #require(try await KafkaReader.readAll(bench.kafka, topic: "game.mission.dlq").first)
        #expect(letter.text("dlq-truncated") == "true")
        #expect(letter.value?.count == DeadLetterQueue.maxValueBytes)
        await bench.close()
    }
}

/// A broker, a producer, and a consumer whose handler keeps the ids it was given.
private struct Bench {
    let broker: DevBroker
    let kafka: KafkaConfiguration
    let producer: KafkaProducer
    let applied: Applied
    let handler: Handler

    /// What the handler was given.
    final class Applied: Sendable {
        private let ids = Mutex<[Int64]>([])
        func withLock<Value>(_ body: (inout [Int64]) -> Value) -> Value { ids.withLock { body(&$0) } }
    }

    struct Handler: EventBatchHandler {
        let applied: Applied
        let poison: @Sendable (EventEnvelope) -> Bool
        let unavailable: @Sendable () -> Bool

        func handles(topic: String, type: String) -> Bool { true }

        func apply(_ events: [EventEnvelope]) async throws -> AppliedBatch {
            if unavailable() { throw Away() }
            if events.contains(where: poison) { throw BadMessage("poisoned", "one of them is poison") }
            applied.withLock { $0 += events.compactMap(\.decodedID) }
            return AppliedBatch(applied: events.count, duplicates: 0)
        }
    }

    struct Away: FailureClassifying {
        var failureKind: FailureKind { .unavailable }
        var reason: String { "away" }
    }

    init(
        poison: @escaping @Sendable (EventEnvelope) -> Bool = { _ in false },
        unavailable: @escaping @Sendable () -> Bool = { false }, producer properties: [String: String] = [:]
    ) async throws {
        broker = try DevBroker(defaultPartitions: 1)
        try broker.createTopic("game.mission")
        try broker.createTopic("game.mission.dlq")
        kafka = try KafkaConfiguration(
            brokers: broker.bootstrap, clientID: "test", properties: ["fetch.wait.max.ms": "5"])
        producer = try KafkaProducer(
            KafkaConfiguration(brokers: broker.bootstrap, clientID: "test", properties: properties),
            logger: TestDatabase.quiet)
        applied = Applied()
        handler = Handler(applied: applied, poison: poison, unavailable: unavailable)
    }

    func record(id: Int64) -> KafkaRecord {
        EventCodec.record(
            NewEvent(
                MissionEventType.created,
                MissionData(id: id, version: 1, customerId: 7, title: nil, status: .created), in: WriteContext()),
            source: "/test")
    }

    func run(
        _ records: [KafkaRecord], maxPollInterval: Duration = .seconds(300), until isDone: () -> Bool,
        then: () async throws -> Void = {}
    ) async throws {
        for result in try await producer.send(records) { try result.get() }
        let consumer = try KafkaConsumer(
            KafkaConsumerConfiguration(
                kafka, group: "test", topics: ["game.mission"], sessionTimeout: min(.seconds(10), maxPollInterval),
                maxPollInterval: maxPollInterval),
            logger: TestDatabase.quiet)
        let dlqProducer = try KafkaProducer(kafka, logger: TestDatabase.quiet)
        let service = BatchConsumer(
            consumer: consumer, handler: handler,
            deadLetters: DeadLetterQueue(producer: dlqProducer, consumer: "test", logger: TestDatabase.quiet),
            logger: TestDatabase.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            #expect(await eventually(isDone))
            try await then()
            group.cancelAll()
        }
        await dlqProducer.close(timeout: .seconds(2))
    }

    func close() async {
        await producer.close(timeout: .seconds(2))
        broker.close()
    }
}

extension EventEnvelope {
    fileprivate var decodedID: Int64? { (try? decode(MissionData.self))?.id }
}

extension KafkaMessage {
    fileprivate func text(_ header: String) -> String? {
        headers.first { $0.name == header }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}
