import Kafka
import KafkaDevBroker
import Testing

@Suite("Consumer group", .timeLimit(.minutes(5)))
struct GroupTests {
    @Test("Two members share the partitions; when one closes the other has them all, and nothing is lost")
    func takeOver() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 6)
        let producer = try bench.producer()
        let one = try bench.consumer("t")
        let two = try bench.consumer("t")
        var seen: Set<Int> = []
        func poll(_ consumer: KafkaConsumer) async throws {
            let messages = try await consumer.poll(maxMessages: 100, maxBytes: 1 << 20, timeout: .milliseconds(50))
            seen.formUnion(messages.compactMap(\.number))
            consumer.commit(messages)
        }
        #expect(
            try await eventually {
                try await poll(one)
                try await poll(two)
                return one.status.assigned.count == 3 && two.status.assigned.count == 3
            })
        #expect(Set(one.status.assigned + two.status.assigned).count == 6)
        _ = try await producer.send(Bench.records("t", 0..<500, keys: 50))
        #expect(
            try await eventually {
                try await poll(one)
                try await poll(two)
                return seen.count == 500
            })
        await one.close()
        #expect(!one.status.isJoined)
        _ = try await producer.send(Bench.records("t", 500..<1000, keys: 50))
        #expect(
            try await eventually {
                try await poll(two)
                return two.status.assigned.count == 6 && seen.count == 1000
            })
        #expect(seen == Set(0..<1000))
        await two.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("Members that close while messages pour in lose none of them")
    func closeUnderLoad() async throws {
        // Three times at once: most of it is waiting to join.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await Self.closeOneAfterAnother() } }
            try await group.waitForAll()
        }
    }

    private static func closeOneAfterAnother() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 6)
        let producer = try bench.producer()
        async let sent = producer.send(Bench.records("t", 0..<20_000, keys: 50))
        var seen: Set<Int> = []
        for goal in [5000, 10_000, 20_000] {
            let consumer = try bench.consumer("t")
            let deadline = ContinuousClock.now + .seconds(60)
            while seen.count < goal, .now < deadline {
                let messages = try await consumer.poll(maxMessages: 100, maxBytes: 1 << 20, timeout: .milliseconds(50))
                seen.formUnion(messages.compactMap(\.number))
                consumer.commit(messages)
            }
            await consumer.close()
        }
        #expect(try await sent.failures.isEmpty)
        #expect(seen.count == 20_000)
        await producer.close(timeout: .seconds(1))
    }

    @Test("A member that was asked for no message too long leaves, and the next poll joins again")
    func pollInterval() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer(
            "t", properties: ["max.poll.interval.ms": "4000", "heartbeat.interval.ms": "300"])
        consumer.commit(try await consumer.collect { $0.count >= 10 })
        try await Task.sleep(for: .seconds(6))
        _ = try await producer.send(Bench.records("t", 10..<20))
        let more = try await consumer.collect { $0.last?.number == 19 }
        #expect(more.compactMap(\.number) == Array(10..<20))
        #expect(consumer.status.isJoined)
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }
}
