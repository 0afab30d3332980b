import Kafka
import KafkaDevBroker
import Testing

@Suite("Producer: purge, cancellation, fatal errors, close", .timeLimit(.minutes(5)))
struct ProducerEndTests {
    @Test("A purge drops what waits, and what is sent afterwards is written")
    func purge() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        #expect(try await producer.send(Bench.records("t", 0..<10)).failures.isEmpty)
        try bench.broker.setDown(true)
        async let dropped = producer.send(Bench.records("t", 10..<20))
        #expect(await eventually { producer.pendingRecords == 10 })
        producer.purge()
        #expect(try await dropped.failures.map(\.code) == Array(repeating: .purged, count: 10))
        async let kept = producer.send(Bench.records("t", 20..<30))
        try bench.broker.setDown(false)
        #expect(try await kept.failures.isEmpty)
        let numbers = try await bench.reader().read(topic: "t").compactMap(\.number)
        #expect(numbers == Array(0..<10) + Array(20..<30))
        await producer.close(timeout: .seconds(1))
    }

    @Test("A purge also drops what finds no room in librdkafka's queue")
    func purgeParked() async throws {
        let bench = try Bench(["queue.buffering.max.messages": "20"])
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        try bench.broker.setDown(true)
        async let first = producer.send(Bench.records("t", 0..<100))
        async let second = producer.send(Bench.records("t", 100..<200))
        #expect(await eventually { producer.pendingRecords == 200 })
        producer.purge()
        #expect(try await first.failures.count == 100)
        #expect(try await second.failures.count == 100)
        #expect(producer.pendingRecords == 0)
        await producer.close(timeout: .seconds(1))
    }

    @Test("A cancelled send ends at once, and the producer goes on")
    func cancel() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        try bench.broker.setDown(true)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await producer.send(Bench.records("t", 0..<10)) }
            #expect(await eventually { producer.pendingRecords == 10 })
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
        try bench.broker.setDown(false)
        #expect(try await producer.send(Bench.records("t", 10..<20)).failures.isEmpty)
        let numbers = try await bench.reader().read(topic: "t").compactMap(\.number)
        #expect(numbers.suffix(10) == Array(10..<20))
        await producer.close(timeout: .seconds(1))
    }

    @Test("A fatal error is the answer to every record, until a purge gives a fresh start")
    func fatal() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        #expect(try await producer.send(Bench.records("t", 0..<1)).failures.isEmpty)
        let outOfOrder = Int32(45)
        try bench.broker.failRequests(apiKey: .produce, errors: [outOfOrder])
        let results = try await producer.send(Bench.records("t", 1..<4))
        #expect(!results.failures.isEmpty)
        #expect(await eventually { producer.fatalError?.isFatal == true })
        let later = try await producer.send(Bench.records("t", 4..<5))
        #expect(later.failures.map(\.isFatal) == [true])
        #expect(producer.statusSummary.hasPrefix("failed"))
        producer.purge()
        #expect(producer.fatalError == nil)
        #expect(try await producer.send(Bench.records("t", 5..<6)).failures.isEmpty)
        await producer.close(timeout: .seconds(1))
    }

    @Test("Close waits for what is on its way, and drops what cannot be sent in time")
    func close() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let prompt = try bench.producer()
        try bench.broker.setDown(true)
        async let sent = prompt.send(Bench.records("t", 0..<1000))
        #expect(await eventually { prompt.pendingRecords == 1000 })
        try bench.broker.setDown(false)
        await prompt.close(timeout: .seconds(60))
        #expect(try await sent.failures.isEmpty)
        await #expect(throws: KafkaError.self) { try await prompt.send(Bench.records("t", 0..<1)) }

        let late = try bench.producer()
        try bench.broker.setDown(true)
        async let dropped = late.send(Bench.records("t", 0..<10))
        #expect(await eventually { late.pendingRecords == 10 })
        await late.close(timeout: .milliseconds(100))
        #expect(try await dropped.failures.count == 10)
        await late.close(timeout: .zero)
    }
}
