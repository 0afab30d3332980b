import Kafka
import KafkaDevBroker
import Testing

/// The built-in broker keeps about 5 MB of a partition and drops the head in silence.
@Suite("Messages that are gone before they were read", .timeLimit(.minutes(5)))
struct GapTests {
    private static let slow = ["queued.max.messages.kbytes": "100", "fetch.message.max.bytes": "20000"]

    /// A consumer that has read and committed ten messages of a partition whose next ones are then dropped.
    private func overrun(_ onGap: GapPolicy) async throws -> (Bench, KafkaConsumer) {
        let bench = try Bench()
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer("t", onGap: onGap, properties: Self.slow)
        consumer.commit(try await consumer.collect { $0.count >= 10 })
        consumer.pauseAll()
        _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .zero)
        for start in stride(from: 10, to: 10_010, by: 1000) {
            _ = try await producer.send(Bench.records("t", start..<start + 1000, size: 1000))
        }
        await producer.close(timeout: .seconds(1))
        consumer.resumeAll()
        return (bench, consumer)
    }

    @Test("With `stop` the partition is not read any further, and the gap is told, also after a restart")
    func stop() async throws {
        let (bench, consumer) = try await overrun(.stop)
        defer { bench.close() }
        let admin = try KafkaAdmin(bench.kafka, logger: bench.logger)
        let low = try await admin.watermarks(topic: "t", partition: 0).low
        #expect(low > 10)
        let messages = try await consumer.collect { _ in !consumer.status.gaps.isEmpty }
        let arrived = messages.compactMap(\.number)
        #expect(arrived == Array(10..<10 + arrived.count))
        let gap = try #require(consumer.status.gaps.first)
        #expect(gap.committed == Int64(10 + arrived.count))
        #expect(gap.firstAvailable <= low)
        #expect(gap.missing == gap.firstAvailable - gap.committed)
        #expect(consumer.statusSummary.contains("gap in t[0]: \(gap.missing) messages missing"))
        for _ in 0..<10 {
            #expect(try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(20)).isEmpty)
        }
        await consumer.close()

        let again = try bench.consumer("t", onGap: .stop)
        let none = try await again.collect { _ in !again.status.gaps.isEmpty }
        #expect(none.isEmpty)
        #expect(again.status.gaps.first?.committed == 10)
        #expect(again.status.gaps.first?.firstAvailable == low)
        await again.close()
        await admin.close()
    }

    @Test("With `earliest` it goes on with what is there, and counts what is missing")
    func earliest() async throws {
        let (bench, consumer) = try await overrun(.earliest)
        defer { bench.close() }
        let messages = try await consumer.collect { $0.last?.number == 10_009 }
        let gap = try #require(consumer.status.gaps.first)
        let numbers = messages.compactMap(\.number)
        #expect(gap.missing > 0)
        #expect(numbers.last == 10_009)
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.count + Int(gap.missing) == 10_000)
        await consumer.close()
    }

    @Test("The broker says `offset out of range` though nothing is missing: reading goes on where it was")
    func falseAlarm() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer("t")
        _ = try await consumer.collect { $0.count >= 10 }
        let outOfRange = Int32(1)
        try bench.broker.failRequests(apiKey: .fetch, errors: [outOfRange])
        #expect(try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(300)).isEmpty)
        _ = try await producer.send(Bench.records("t", 10..<20))
        let more = try await consumer.collect { $0.count >= 10 }
        #expect(more.compactMap(\.number) == Array(10..<20))
        #expect(consumer.status.gaps.isEmpty)
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("A committed offset that the broker cannot tell at first is asked for again, and the gap is still seen")
    func lateOffset() async throws {
        let (bench, consumer) = try await overrun(.stop)
        defer { bench.close() }
        await consumer.close()
        let notCoordinator = Int32(-195)
        try bench.broker.failRequests(apiKey: .offsetFetch, errors: [notCoordinator])
        let again = try bench.consumer("t", onGap: .stop)
        let none = try await again.collect { _ in !again.status.gaps.isEmpty }
        #expect(none.isEmpty)
        #expect(again.status.gaps.first?.committed == 10)
        await again.close()
    }
}
