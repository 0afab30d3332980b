import CRdkafka

/// The calls of librdkafka that a consumer needs.
extension ClientHandle {
    /// Begins a commit whose outcome comes to the offset commit callback. Returns whether it has begun.
    func commitInBackground(_ offsets: [TopicPartition: Int64]) -> Bool {
        let list = PartitionList(offsets)
        return list.withPointer { rd_kafka_commit(pointer, $0, 1) } == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Commits and waits for the outcome, at most `timeout`.
    func commit(_ offsets: [TopicPartition: Int64], timeout: Duration) throws(KafkaError) {
        let list = PartitionList(offsets)
        // A queue of its own instead of the blocking call, which knows no time limit.
        let answers = rd_kafka_queue_new(pointer)
        defer { rd_kafka_queue_destroy(answers) }
        try KafkaError.check(list.withPointer { rd_kafka_commit_queue(pointer, $0, answers, nil, nil) })
        guard let event = rd_kafka_queue_poll(answers, timeout.timeout) else {
            throw KafkaError(native: RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        try KafkaError.check(rd_kafka_event_error(event))
        for entry in PartitionList.entries(of: rd_kafka_event_topic_partition_list(event)) {
            try KafkaError.check(entry.error)
        }
    }

    /// The group's committed offsets; those without one are left out.
    func committed(_ partitions: [TopicPartition], timeout: Duration) throws(KafkaError) -> [TopicPartition: Int64] {
        let list = PartitionList(partitions)
        try KafkaError.check(list.withPointer { rd_kafka_committed(pointer, $0, timeout.timeout) })
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries {
            try KafkaError.check(entry.error)
            if entry.offset >= 0 { offsets[entry.partition] = entry.offset }
        }
        return offsets
    }

    /// The oldest offset of a partition and the one after its newest, from the broker.
    func watermarks(_ partition: TopicPartition, timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
        var (low, high) = (Int64(0), Int64(0))
        try KafkaError.check(
            rd_kafka_query_watermark_offsets(
                pointer, partition.topic, partition.partition, &low, &high, timeout.timeout))
        return (low, high)
    }

    /// The same as far as the latest fetch told; `nil` for what is not known.
    func knownWatermarks(_ partition: TopicPartition) -> (low: Int64?, high: Int64?) {
        var (low, high) = (Int64(-1), Int64(-1))
        let answer = rd_kafka_get_watermark_offsets(pointer, partition.topic, partition.partition, &low, &high)
        guard answer == RD_KAFKA_RESP_ERR_NO_ERROR else { return (nil, nil) }
        return (low >= 0 ? low : nil, high >= 0 ? high : nil)
    }

    func pause(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty else { return }
        _ = PartitionList(partitions).withPointer { rd_kafka_pause_partitions(pointer, $0) }
    }

    func resume(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty else { return }
        _ = PartitionList(partitions).withPointer { rd_kafka_resume_partitions(pointer, $0) }
    }

    /// The members of the group speak the cooperative protocol (KIP-429), as they do unless a property says otherwise.
    var isCooperative: Bool {
        guard let name = rd_kafka_rebalance_protocol(pointer) else { return false }
        return String(cString: name) == "COOPERATIVE"
    }

    /// Begins a partition of ours anew at an offset, whatever state its fetcher is in.
    ///
    /// A seek is refused once librdkafka has given the position up, hence the way through the assignment.
    func restart(_ partition: TopicPartition, at offset: Int64) throws(KafkaError) {
        let list = PartitionList([partition: offset])
        if isCooperative {
            try unassign(list)
            try assign(list)
        } else {
            let error = list.withPointer { rd_kafka_seek_partitions(pointer, $0, 1000) }
            if let error = KafkaError.take(error) { throw error }
            for entry in list.entries { try KafkaError.check(entry.error) }
        }
    }

    /// Adds partitions to what is read; without the cooperative protocol, they are all that is read.
    func assign(_ list: borrowing PartitionList) throws(KafkaError) {
        if isCooperative {
            if let error = KafkaError.take(list.withPointer { rd_kafka_incremental_assign(pointer, $0) }) {
                throw error
            }
        } else {
            try KafkaError.check(list.withPointer { rd_kafka_assign(pointer, $0) })
        }
    }

    /// Takes partitions away from what is read; without the cooperative protocol, all of them.
    func unassign(_ list: borrowing PartitionList) throws(KafkaError) {
        if isCooperative {
            if let error = KafkaError.take(list.withPointer { rd_kafka_incremental_unassign(pointer, $0) }) {
                throw error
            }
        } else {
            try KafkaError.check(rd_kafka_assign(pointer, nil))
        }
    }
}
