import Kafka
import KafkaDevBroker
import Testing

@Suite("Producer", .timeLimit(.minutes(5)))
struct ProducerTests {
    @Test("Everything arrives as it was sent: null, empty and filled keys, values and headers")
    func roundTrip() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        let headers = [
            KafkaHeader(name: "a", value: Array("1".utf8)), KafkaHeader(name: "a", value: []),
            KafkaHeader(name: "ünï", value: [0, 255, 0]),
        ]
        let records = [
            KafkaRecord(topic: "t", key: Array("k".utf8), value: [1, 0, 2], headers: headers),
            KafkaRecord(topic: "t", key: [], value: []),
            KafkaRecord(topic: "t", key: nil, value: nil),
        ]
        #expect(try await producer.send(records).failures.isEmpty)
        let messages = try await bench.reader().read(topic: "t")
        #expect(messages.map(\.key) == records.map(\.key))
        #expect(messages.map(\.value) == records.map(\.value))
        #expect(messages.map(\.headers) == records.map(\.headers))
        #expect(messages.map(\.offset) == [0, 1, 2])
        #expect(producer.isConnected)
        #expect(producer.pendingRecords == 0)
        await producer.close(timeout: .seconds(1))
    }

    @Test("The first record of a topic does not wait for librdkafka's next look around, a second later at most")
    func firstRecords() async throws {
        let bench = try Bench()
        defer { bench.close() }
        for number in 0..<20 { try bench.broker.createTopic("t\(number)", partitions: 2) }
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t0", 0..<1))
        let began = ContinuousClock.now
        for number in 1..<20 { #expect(try await producer.send(Bench.records("t\(number)", 0..<1)).failures.isEmpty) }
        // Where each waited, this would take twice as long and more.
        #expect(began.duration(to: .now) < .seconds(6))
        await producer.close(timeout: .seconds(1))
    }

    @Test("While the broker is away records wait; afterwards all are there, once, in order")
    func brokerAway() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 3)
        let producer = try bench.producer()
        #expect(try await producer.send(Bench.records("t", 0..<100, keys: 7)).failures.isEmpty)
        try bench.broker.setDown(true)
        async let waiting = producer.send(Bench.records("t", 100..<3000, keys: 7))
        #expect(await eventually { !producer.isConnected })
        #expect(await eventually { producer.pendingRecords == 2900 })
        try bench.broker.setDown(false)
        #expect(try await waiting.failures.isEmpty)
        #expect(await eventually { producer.isConnected })
        try await expectAll(3000, keys: 7, bench)
        await producer.close(timeout: .seconds(1))
    }

    @Test("Lost answers and refusals that can be mended lead to neither loss nor repetition nor disorder")
    func lostAnswers() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 2)
        // The built-in broker checks no sequence numbers: it takes a later request after it has refused an earlier one,
        // where a real one answers "out of order", and librdkafka then counts the earlier one as written. With one
        // request at a time the two cannot differ.
        let producer = try bench.producer(properties: ["max.in.flight.requests.per.connection": "1"])
        let (transport, notEnough, notLeader) = (Int32(-195), Int32(19), Int32(6))
        try bench.broker.failRequests(
            apiKey: .produce, errors: [notEnough, transport, 0, notLeader, transport, 0, 0, notEnough])
        for start in stride(from: 0, to: 1000, by: 100) {
            #expect(try await producer.send(Bench.records("t", start..<start + 100, keys: 5)).failures.isEmpty)
        }
        try await expectAll(1000, keys: 5, bench)
        await producer.close(timeout: .seconds(1))
    }

    @Test("A record that is too large fails alone")
    func tooLarge() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        var records = Bench.records("t", 0..<5)
        records[2].value = [UInt8](repeating: 0, count: 2_000_000)
        let results = try await producer.send(records)
        #expect(results.failures.map(\.code) == [.messageTooLarge])
        #expect(results.failures.first?.isRetriable == false)
        #expect(throws: KafkaError.self) { try results[2].get() }
        #expect(try await bench.reader().read(topic: "t").compactMap(\.number) == [0, 1, 3, 4])
        await producer.close(timeout: .seconds(1))
    }

    @Test("When librdkafka's queue is full the rest waits, in order")
    func queueFull() async throws {
        let bench = try Bench(["queue.buffering.max.messages": "50"])
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        try bench.broker.setDown(true)
        async let first = producer.send(Bench.records("t", 0..<1000))
        #expect(await eventually { producer.pendingRecords == 1000 })
        async let second = producer.send(Bench.records("t", 1000..<2000))
        #expect(await eventually { producer.pendingRecords == 2000 })
        try bench.broker.setDown(false)
        #expect(try await first.failures.isEmpty)
        #expect(try await second.failures.isEmpty)
        let numbers = try await bench.reader().read(topic: "t").compactMap(\.number)
        #expect(numbers == Array(0..<2000))
        await producer.close(timeout: .seconds(1))
    }

    @Test("Many senders at once are each answered for their own records")
    func manySenders() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 4)
        let producer = try bench.producer()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for sender in 0..<50 {
                group.addTask {
                    let records = Bench.records("t", sender * 100..<sender * 100 + 100, keys: 11)
                    return try await producer.send(records).failures.count
                }
            }
            for try await failures in group { #expect(failures == 0) }
        }
        let numbers = try await bench.reader().read(topic: "t").compactMap(\.number)
        #expect(numbers.sorted() == Array(0..<5000))
        await producer.close(timeout: .seconds(1))
    }

    /// Every number is in the topic once, and those of one key stand in their order.
    private func expectAll(_ count: Int, keys: Int, _ bench: Bench) async throws {
        let messages = try await bench.reader().read(topic: "t")
        #expect(messages.compactMap(\.number).sorted() == Array(0..<count))
        for key in 0..<keys {
            let numbers = messages.compactMap(\.number).filter { $0 % keys == key }
            #expect(numbers == numbers.sorted())
        }
    }
}
