import CRdkafka

/// Owns one `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    typealias Pointer = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    private let pointer: Pointer

    init() { pointer = rd_kafka_topic_partition_list_new(8) }

    init(_ offsets: [TopicPartition: Int64]) {
        self.init()
        for (partition, offset) in offsets { add(partition, offset: offset) }
    }

    init(_ partitions: some Sequence<TopicPartition>) {
        self.init()
        for partition in partitions { add(partition) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    /// Lends the list to a call of C.
    func withPointer<Answer>(_ body: (Pointer) -> Answer) -> Answer { body(pointer) }

    func add(_ partition: TopicPartition, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)) {
        rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition).pointee.offset = offset
    }

    /// The entries, copied.
    var entries: [Entry] { Self.entries(of: pointer) }

    /// The entries of a list that librdkafka keeps.
    static func entries(of list: Pointer?) -> [Entry] {
        guard let list, list.pointee.cnt > 0, let elements = list.pointee.elems else { return [] }
        return UnsafeBufferPointer(start: elements, count: Int(list.pointee.cnt)).map {
            Entry(
                partition: TopicPartition(topic: String(cString: $0.topic), partition: $0.partition),
                offset: $0.offset, error: $0.err)
        }
    }

    struct Entry {
        var partition: TopicPartition
        var offset: Int64
        var error: rd_kafka_resp_err_t
    }
}
