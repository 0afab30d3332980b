import CRdkafka
import Logging

/// The calls of librdkafka that a producer needs.
struct ProducerHandle: Sendable {
    let client: ClientHandle

    init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        let conf = try ClientConf(
            configuration,
            defaults: [
                ("enable.idempotence", "true"),
                ("acks", "all"),
                // Never: a record waits as long as its broker is away, and is then written once.
                ("message.timeout.ms", "0"),
                ("linger.ms", "0"),
                ("queue.buffering.max.messages", "100000"),
                ("queue.buffering.max.kbytes", "131072"),
                // The same choice as the Java client's, so that all producers agree on a key's partition.
                ("partitioner", "murmur2_random"),
            ])
        client = try ClientHandle(RD_KAFKA_PRODUCER, conf, tokenFile: configuration.tokenFile, logger: logger) { conf in
            rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        }
    }

    /// Hands a record over; librdkafka copies its bytes.
    func produce(_ record: KafkaRecord, _ token: DeliveryToken) -> rd_kafka_resp_err_t {
        let headers = Self.headers(record.headers)
        let answer = Self.withBytes(record.key) { hasKey, key in
            Self.withBytes(record.value) { hasValue, value in
                crdkafka_produce(
                    client.pointer, record.topic, hasKey, key.baseAddress, key.count, hasValue, value.baseAddress,
                    value.count, headers, token.opaque)
            }
        }
        if answer != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
        return answer
    }

    /// Waits at most `timeout` for an event and hands it out.
    func poll(_ timeout: Duration, _ body: (OpaquePointer) -> Void) {
        guard let event = rd_kafka_queue_poll(client.queue, timeout.timeout) else { return }
        defer { rd_kafka_event_destroy(event) }
        body(event)
    }

    /// Fails everything that waits or is on its way; their reports follow.
    func purge() {
        rd_kafka_purge(
            client.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    private static func headers(_ headers: [KafkaHeader]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            header.value.withUnsafeBytes { bytes in
                // A null pointer would be a null value; a header's value is never null here.
                let start = bytes.baseAddress
                withUnsafeBytes(of: UInt8(0)) { empty in
                    _ = rd_kafka_header_add(list, header.name, -1, start ?? empty.baseAddress, bytes.count)
                }
            }
        }
        return list
    }

    private static func withBytes<Value>(
        _ bytes: [UInt8]?, _ body: (Int32, UnsafeRawBufferPointer) -> Value
    ) -> Value {
        guard let bytes else { return body(0, UnsafeRawBufferPointer(start: nil, count: 0)) }
        return bytes.withUnsafeBytes { body(1, $0) }
    }
}
