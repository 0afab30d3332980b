import CRdkafka
import Logging
import Synchronization

/// The calls of librdkafka that a producer needs.
final class ProducerHandle: Sendable {
    /// The topics that records went to, the latest beside the others: most go where the one before went.
    ///
    /// @unchecked Sendable: the pointers never change, librdkafka's topics may be used from any thread, and they are
    /// destroyed once, in `deinit`.
    private struct Topics: @unchecked Sendable {
        var all: [String: OpaquePointer] = [:]
        var latest: (name: String, pointer: OpaquePointer)?
    }

    let client: ClientHandle
    private let topics = Mutex(Topics())

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

    deinit {
        topics.withLock { for topic in $0.all.values { rd_kafka_topic_destroy(topic) } }
    }

    /// Hands a record over; librdkafka copies its bytes.
    func produce(_ record: KafkaRecordView, _ token: DeliveryToken) -> rd_kafka_resp_err_t {
        guard let topic = topic(record.topic) else { return rd_kafka_last_error() }
        let headers = Self.headers(record.headers)
        let answer = crdkafka_produce(
            client.pointer, topic, record.key == nil ? 0 : 1, record.key?.baseAddress, record.key?.count ?? 0,
            record.value == nil ? 0 : 1, record.value?.baseAddress, record.value?.count ?? 0, headers, token.opaque)
        if answer != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
        return answer
    }

    /// Asked for by name with the first record, a topic's partitions would be found out at librdkafka's next look around,
    /// up to a second later; a topic that is made asks for them at once.
    private func topic(_ name: String) -> OpaquePointer? {
        topics.withLock { topics in
            if let latest = topics.latest, latest.name == name { return latest.pointer }
            guard let topic = topics.all[name] ?? rd_kafka_topic_new(client.pointer, name, nil) else { return nil }
            topics.all[name] = topic
            topics.latest = (name, topic)
            return topic
        }
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
}
