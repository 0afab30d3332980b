import CRdkafka

extension KafkaMessage {
    /// Copies a message out of librdkafka.
    init(copying message: UnsafeMutablePointer<rd_kafka_message_t>, topic: String) {
        let content = message.pointee
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        self.init(
            topic: topic,
            partition: content.partition,
            offset: content.offset,
            key: Self.bytes(content.key, content.key_len),
            value: Self.bytes(content.payload, content.len),
            headers: Self.headers(of: message),
            timestamp: rd_kafka_message_timestamp(message, &kind)
        )
    }

    /// What the message takes in memory, roughly.
    var size: Int {
        headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + $1.value.count }
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        guard let start else { return nil }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        var (name, value, size) = (UnsafePointer<CChar>?.none, UnsafeRawPointer?.none, 0)
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let name
        {
            headers.append(KafkaHeader(name: String(cString: name), value: bytes(value, size) ?? []))
        }
        return headers
    }
}
