import CRdkafka
import Logging
import WorkerThreads

/// Reads a topic without belonging to a group: from somewhere to what is its end at the moment of the call.
public final class KafkaReader: Sendable {
    /// Where to begin.
    public enum Start: Sendable {
        case beginning
        /// Per partition; partitions that are not named are read from their beginning.
        case offsets([Int32: Int64])
    }

    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let worker: WorkerThreads<Void>

    public init(_ configuration: KafkaConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        worker = WorkerThreads(name: "kafka-reader", count: 1, queueLimit: 100) {}
    }

    /// The messages, each partition's in their order; at most `limit` of them.
    ///
    /// To go on after a full page, pass the offsets after its last messages as the start.
    ///
    /// - Throws: ``KafkaError``; `.unknownTopic`, `.timedOut` when the end was not reached in time.
    public func read(
        topic: String, from start: Start = .beginning, limit: Int = 10_000, timeout: Duration = .seconds(10)
    ) async throws -> [KafkaMessage] {
        let (configuration, logger) = (self.configuration, self.logger)
        return try await worker.run { _ in
            let session = try ReaderSession(configuration, logger: logger)
            return try session.read(topic: topic, from: start, limit: limit, by: .now + timeout)
        }
    }

    public func close() async { await worker.close() }
}

/// One read: a client of its own, given up afterwards.
private struct ReaderSession {
    let handle: ClientHandle

    init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        let conf = try ClientConf(
            configuration,
            defaults: [
                // librdkafka demands a group's name even of a reader that joins none and commits nothing.
                ("group.id", "\(configuration.clientID)-reader"),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("auto.offset.reset", "earliest"),
                ("queued.max.messages.kbytes", "16384"),
            ])
        handle = try ClientHandle(RD_KAFKA_CONSUMER, conf, tokenFile: configuration.tokenFile, logger: logger)
    }

    func read(
        topic: String, from start: KafkaReader.Start, limit: Int, by deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> [KafkaMessage] {
        var ends = try assign(topic, start, by: deadline)
        var messages: [KafkaMessage] = []
        while !ends.isEmpty, messages.count < limit {
            guard .now < deadline else { throw KafkaError(native: RD_KAFKA_RESP_ERR__TIMED_OUT) }
            guard let message = rd_kafka_consumer_poll(handle.pointer, 50) else {
                // What is left may be markers without a message: the position tells.
                for partition in ends.keys where position(topic, partition) >= ends[partition, default: 0] {
                    ends[partition] = nil
                }
                continue
            }
            defer { rd_kafka_message_destroy(message) }
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            guard let end = ends[message.pointee.partition] else { continue }
            if message.pointee.offset < end { messages.append(KafkaMessage(copying: message, topic: topic)) }
            if message.pointee.offset >= end - 1 { ends[message.pointee.partition] = nil }
        }
        return messages
    }

    /// Begins to fetch. Returns the end of each partition that has something to read.
    private func assign(
        _ topic: String, _ start: KafkaReader.Start, by deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> [Int32: Int64] {
        let list = PartitionList()
        var ends: [Int32: Int64] = [:]
        let count = try handle.partitionCount(topic, timeout: deadline - .now)
        for partition in 0..<Int32(count) {
            let id = TopicPartition(topic: topic, partition: partition)
            let (low, high) = try handle.watermarks(id, timeout: deadline - .now)
            var first = low
            if case .offsets(let offsets) = start { first = max(low, offsets[partition] ?? low) }
            guard first < high else { continue }
            ends[partition] = high
            list.add(id, offset: first)
        }
        try KafkaError.check(list.withPointer { rd_kafka_assign(handle.pointer, $0) })
        return ends
    }

    private func position(_ topic: String, _ partition: Int32) -> Int64 {
        let list = PartitionList([TopicPartition(topic: topic, partition: partition)])
        let answer = list.withPointer { rd_kafka_position(handle.pointer, $0) }
        return answer == RD_KAFKA_RESP_ERR_NO_ERROR ? list.entries.first?.offset ?? -1 : -1
    }
}
