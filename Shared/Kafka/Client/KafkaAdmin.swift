import CRdkafka
import Logging
import WorkerThreads

/// Questions about topics, and their creation.
public final class KafkaAdmin: Sendable {
    private let worker: WorkerThreads<ClientHandle>

    /// - Throws: ``KafkaError`` `.configuration`.
    public init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        let handle = try ClientHandle(
            RD_KAFKA_PRODUCER, try ClientConf(configuration), tokenFile: configuration.tokenFile, logger: logger)
        worker = WorkerThreads(name: "kafka-admin", count: 1, queueLimit: 100) { handle }
    }

    /// The oldest offset of a partition and the one after its newest.
    public func watermarks(
        topic: String, partition: Int32, timeout: Duration = .seconds(5)
    ) async throws -> (low: Int64, high: Int64) {
        try await worker.run {
            try $0.watermarks(TopicPartition(topic: topic, partition: partition), timeout: timeout)
        }
    }

    /// How many partitions a topic has.
    ///
    /// - Throws: ``KafkaError`` `.unknownTopic`.
    public func partitionCount(topic: String, timeout: Duration = .seconds(5)) async throws -> Int {
        try await worker.run { try $0.partitionCount(topic, timeout: timeout) }
    }

    /// Creates topics; one that is there already stays as it is.
    ///
    /// - Parameter replicationFactor: -1 takes the cluster's default.
    /// - Throws: ``KafkaError``; the development broker answers `.unsupported`, it makes topics its own way.
    public func createTopics(
        _ names: [String], partitions: Int, replicationFactor: Int = -1, timeout: Duration = .seconds(10)
    ) async throws {
        try await worker.run { try $0.createTopics(names, partitions, replicationFactor, timeout) }
    }

    public func close() async { await worker.close() }
}

extension ClientHandle {
    func partitionCount(_ topic: String, timeout: Duration) throws(KafkaError) -> Int {
        let handle = rd_kafka_topic_new(pointer, topic, nil)
        defer { if let handle { rd_kafka_topic_destroy(handle) } }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(rd_kafka_metadata(pointer, 0, handle, &metadata, timeout.timeout))
        guard let metadata else { throw KafkaError(.unknownTopic) }
        defer { rd_kafka_metadata_destroy(metadata) }
        guard metadata.pointee.topic_cnt == 1, let found = metadata.pointee.topics?.pointee else {
            throw KafkaError(.unknownTopic)
        }
        try KafkaError.check(found.err)
        return Int(found.partition_cnt)
    }

    fileprivate func createTopics(
        _ names: [String], _ partitions: Int, _ replicationFactor: Int, _ timeout: Duration
    ) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        var topics: [OpaquePointer?] = []
        defer { for topic in topics { rd_kafka_NewTopic_destroy(topic) } }
        for name in names {
            guard
                let topic = rd_kafka_NewTopic_new(
                    name, Int32(partitions), Int32(replicationFactor), &text, text.count)
            else { throw KafkaError(.configuration, detail: String(cBuffer: text)) }
            topics.append(topic)
        }
        let options = rd_kafka_AdminOptions_new(pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        let answers = rd_kafka_queue_new(pointer)
        defer {
            rd_kafka_queue_destroy(answers)
            rd_kafka_AdminOptions_destroy(options)
        }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.timeout, &text, text.count)
        rd_kafka_CreateTopics(pointer, &topics, topics.count, options, answers)
        guard let event = rd_kafka_queue_poll(answers, timeout.timeout + 1000) else {
            throw KafkaError(native: RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        try KafkaError.check(rd_kafka_event_error(event))
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        for index in 0..<count {
            let answer = rd_kafka_topic_result_error(results?[index])
            if answer != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { try KafkaError.check(answer) }
        }
    }
}
