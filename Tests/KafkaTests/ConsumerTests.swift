import Kafka
import KafkaDevBroker
import Testing

@Suite("Consumer", .timeLimit(.minutes(5)))
struct ConsumerTests {
    @Test("A new group begins at the beginning, and goes on where it committed")
    func resumes() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 3)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<300, keys: 20))
        let first = try bench.consumer("t")
        let messages = try await first.collect { $0.count >= 300 }
        #expect(messages.compactMap(\.number).sorted() == Array(0..<300))
        #expect(first.status.isJoined)
        first.commit(messages)
        await first.close()
        _ = try await producer.send(Bench.records("t", 300..<400, keys: 20))
        let second = try bench.consumer("t")
        let more = try await second.collect { $0.count >= 100 }
        #expect(more.compactMap(\.number).sorted() == Array(300..<400))
        second.commit(more)
        #expect(
            try await eventually {
                _ = try await second.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(50))
                return second.status.lag.count == 3 && second.status.lag.values.allSatisfy { $0 == 0 }
            })
        await second.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("A poll keeps to its limits of messages and bytes, and returns nothing when there is nothing")
    func limits() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<20, size: 1000))
        let consumer = try bench.consumer("t")
        var messages = try await consumer.collect(batch: 3) { !$0.isEmpty }
        #expect(messages.count <= 3)
        messages = try await consumer.poll(maxMessages: 100, maxBytes: 2500, timeout: .seconds(5))
        #expect(messages.count <= 3)
        _ = try await consumer.collect { $0.last?.number == 19 }
        let began = ContinuousClock.now
        #expect(try await consumer.poll(maxMessages: 10, maxBytes: 1000, timeout: .milliseconds(200)).isEmpty)
        #expect(ContinuousClock.now - began >= .milliseconds(200))
        await consumer.close()
        await #expect(throws: KafkaError.self) {
            try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .zero)
        }
        await producer.close(timeout: .seconds(1))
    }

    @Test("Values alone come packed by partition, in order, without tombstones, up to the offset behind the last one")
    func values() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 3)
        let producer = try bench.producer()
        let tombstone = KafkaRecord(topic: "t", key: Array("key-1".utf8), value: nil)
        _ = try await producer.send(Bench.records("t", 0..<500, keys: 20) + [tombstone, tombstone])
        let consumer = try bench.consumer("t")
        var (numbers, next): ([TopicPartition: [Int]], [TopicPartition: Int64]) = ([:], [:])
        let isComplete = try await eventually {
            for batch in try await consumer.pollValues(maxMessages: 90, maxBytes: 1 << 20, timeout: .seconds(1)) {
                var offsets: [Int64] = []
                batch.forEach { offset, value in
                    offsets.append(offset)
                    numbers[batch.partition, default: []].append(Int(String(decoding: value, as: UTF8.self)) ?? -1)
                }
                #expect(offsets == batch.offsets && offsets == offsets.sorted() && batch.count == offsets.count)
                next[batch.partition] = batch.nextOffset
            }
            return next.values.reduce(0, +) == 502
        }
        #expect(isComplete)
        #expect(numbers.count == 3 && numbers.values.joined().sorted() == Array(0..<500))
        #expect(numbers.values.allSatisfy { $0 == $0.sorted() }, "each partition keeps its order")
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("Paused, it returns nothing and stays a member; resumed, it goes on without loss or repetition")
    func pauses() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 2)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<1000, keys: 9))
        let consumer = try bench.consumer("t")
        var messages = try await consumer.collect(batch: 10) { $0.count >= 100 }
        for _ in 0..<3 {
            consumer.pauseAll()
            let quietUntil = ContinuousClock.now + .milliseconds(300)
            while .now < quietUntil {
                let some = try await consumer.poll(maxMessages: 10, maxBytes: 1 << 20, timeout: .milliseconds(50))
                #expect(some.isEmpty)
            }
            #expect(consumer.status.isPaused)
            consumer.resumeAll()
            messages += try await consumer.collect(batch: 10) { $0.count >= 100 }
        }
        let missing = 1000 - messages.count
        messages += try await consumer.collect { $0.count >= missing }
        #expect(messages.compactMap(\.number).sorted() == Array(0..<1000))
        #expect(consumer.status.isJoined)
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("A cancelled poll returns at once")
    func cancel() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let consumer = try bench.consumer("t")
        #expect(
            try await eventually {
                _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(50))
                return consumer.status.isJoined
            })
        let began = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try? await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .seconds(120))
            }
            try? await Task.sleep(for: .milliseconds(100))
            group.cancelAll()
        }
        #expect(ContinuousClock.now - began < .seconds(60))
        await consumer.close()
    }

    @Test("A commit that the broker refuses is tried again")
    func commitAgain() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer("t")
        let messages = try await consumer.collect { $0.count >= 10 }
        let rebalancing = Int32(27)
        try bench.broker.failRequests(apiKey: .offsetCommit, errors: [rebalancing, rebalancing])
        consumer.commit(messages)
        let until = ContinuousClock.now + .seconds(6)
        while .now < until { _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(100)) }
        await consumer.close()
        let second = try bench.consumer("t")
        _ = try await producer.send(Bench.records("t", 10..<11))
        #expect(try await second.collect { !$0.isEmpty }.first?.number == 10)
        await second.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("A synchronous commit is with the group when it returns")
    func commitSync() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer("t")
        let messages = try await consumer.collect { $0.count >= 10 }
        try bench.broker.failRequests(apiKey: .offsetCommit, errors: [27])
        consumer.commit(messages)
        try await consumer.commitSync(timeout: .seconds(30))
        try await consumer.commitSync(timeout: .zero)
        try bench.broker.failRequests(apiKey: .offsetCommit, errors: [29, 29])
        consumer.commit([TopicPartition(topic: "t", partition: 0): 5])
        let error = await #expect(throws: KafkaError.self) { try await consumer.commitSync(timeout: .seconds(30)) }
        #expect(error?.native == 29)
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }

    @Test("A member that was fenced by another with its name fails for good, and says so")
    func fenced() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let consumer = try bench.consumer("t", properties: ["group.instance.id": "pod-0"])
        #expect(
            try await eventually {
                _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(50))
                return consumer.status.isJoined
            })
        try bench.broker.failRequests(apiKey: .heartbeat, errors: [82])
        let error = await #expect(throws: KafkaError.self) {
            _ = try await consumer.collect { _ in false }
        }
        #expect(error?.isFatal == true)
        #expect(consumer.status.fatalError?.isFatal == true)
        #expect(consumer.statusSummary.hasPrefix("failed"))
        await consumer.close()
    }

    @Test("A close leaves the group, though its task is cancelled")
    func cancelledClose() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let consumer = try bench.consumer("t")
        #expect(
            try await eventually {
                _ = try await consumer.poll(maxMessages: 1, maxBytes: 1, timeout: .milliseconds(50))
                return consumer.status.isJoined
            })
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await consumer.close() }
        }
        #expect(!consumer.status.isJoined)
        #expect(consumer.status.assigned.isEmpty)
    }

    @Test("A close ends in time, though the broker is away")
    func closeWithoutBroker() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        _ = try await producer.send(Bench.records("t", 0..<10))
        let consumer = try bench.consumer("t")
        consumer.commit(try await consumer.collect { $0.count >= 10 })
        try bench.broker.setDown(true)
        let began = ContinuousClock.now
        await consumer.close()
        // Six seconds, and what a busy machine adds; librdkafka's own close has no limit.
        #expect(ContinuousClock.now - began < .seconds(30))
        await producer.close(timeout: .zero)
    }

    @Test("The broker goes and comes back: every message arrives, in order")
    func brokerAway() async throws {
        let bench = try Bench()
        defer { bench.close() }
        try bench.broker.createTopic("t", partitions: 1)
        let producer = try bench.producer()
        let consumer = try bench.consumer("t")
        _ = try await producer.send(Bench.records("t", 0..<100))
        var messages = try await consumer.collect { $0.count >= 100 }
        consumer.commit(messages)
        try bench.broker.setDown(true)
        async let sent = producer.send(Bench.records("t", 100..<200))
        #expect(
            try await eventually {
                messages += try await consumer.poll(maxMessages: 10, maxBytes: 1 << 20, timeout: .milliseconds(50))
                return !consumer.status.isConnected
            })
        try bench.broker.setDown(false)
        // What was not committed when the broker went may come again.
        let seen = Set(messages.compactMap(\.number))
        messages += try await consumer.collect { seen.union($0.compactMap(\.number)).count >= 200 }
        #expect(try await sent.failures.isEmpty)
        #expect(Set(messages.compactMap(\.number)) == Set(0..<200))
        #expect(messages.compactMap(\.number).suffix(100) == Array(100..<200))
        await consumer.close()
        await producer.close(timeout: .seconds(1))
    }
}
