import Kafka
import KafkaDevBroker
import Testing

@Suite("Reader and admin", .timeLimit(.minutes(5)))
struct ReaderTests {
    @Test("Reads to the end of now, in pages, without a group")
    func pages() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 2)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<100, keys: 10))
        let reader = bench.reader()
        let page = try await reader.read(topic: "t", limit: 30)
        #expect(page.count == 30)
        var offsets: [Int32: Int64] = [:]
        for message in page { offsets[message.partition] = message.offset + 1 }
        let rest = try await reader.read(topic: "t", from: .offsets(offsets))
        #expect((page + rest).compactMap(\.number).sorted() == Array(0..<100))
        await reader.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("An empty topic has no messages, a missing one is an error")
    func emptyAndMissing() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 2)
        #expect(try await bench.reader().read(topic: "t").isEmpty)
        let admin = try KafkaAdmin(bench.kafka, logger: bench.logger)
        #expect(try await admin.partitionCount(topic: "t") == 2)
        let marks = try await admin.watermarks(topic: "t", partition: 1)
        #expect(marks == (0, 0))
        await #expect(throws: KafkaError.self) {
            try await admin.createTopics(["u"], partitions: 1, timeout: .seconds(1))
        }
        await admin.close()
    }

    @Test("Without a broker a read ends in time")
    func noBroker() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        try bench.broker.setDown(true)
        let error = await #expect(throws: KafkaError.self) {
            try await bench.reader().read(topic: "t", timeout: .milliseconds(500))
        }
        #expect(error?.isRetriable == true)
    }
}
