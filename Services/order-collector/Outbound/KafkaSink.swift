import Kafka
import Orders

/// Publishes lines to a Kafka topic, each under its branch as the key, so that a branch keeps its order.
struct KafkaSink: Sink {
    /// Lines without a branch keep together, so that one that comes again meets what is known of it.
    private static let otherKey: [UInt8] = Array("-".utf8)

    let producer: KafkaProducer
    let topic: String

    /// A broker far away answers late: meanwhile the next batches are on their way to it.
    var maxInFlight: Int { 4 }

    func deliver(_ batch: LineBatch) async throws { try await begin(batch).finish() }

    func begin(_ batch: LineBatch) async throws -> Delivery {
        let sending = producer.begin(Records(topic: topic, batch: batch))
        return Delivery { try await finish(batch, try await sending.results()) }
    }

    private func finish(_ batch: LineBatch, _ results: [Result<Void, KafkaError>]) async throws {
        for (index, result) in results.enumerated() {
            guard case .failure(let error) = result else { continue }
            guard error.code == .messageTooLarge || error.code == .invalidRecord else { throw error }
            try await deliverStub(batch[index])
        }
    }

    /// A line that the broker does not take however often it is tried: its place goes on without it.
    private func deliverStub(_ line: ArraySlice<UInt8>) async throws {
        guard let stub = line.withUnsafeBufferPointer({ LineStub.replacing($0) }) else { return }
        for result in try await producer.send([KafkaRecord(topic: topic, key: Self.otherKey, value: stub)]) {
            try result.get()
        }
    }

    /// A batch as the producer takes it, with the lines where they stand.
    private struct Records: KafkaRecordList {
        let topic: String
        let batch: LineBatch

        var count: Int { batch.count }

        func withRecord<Value>(_ index: Int, _ body: (KafkaRecordView) -> Value) -> Value {
            let (line, key) = (batch.range(index), batch.keyRange(index))
            return batch.bytes.withUnsafeBytes { bytes in
                KafkaSink.otherKey.withUnsafeBytes { otherKey in
                    body(
                        KafkaRecordView(
                            topic: topic, key: key.isEmpty ? otherKey : UnsafeRawBufferPointer(rebasing: bytes[key]),
                            value: UnsafeRawBufferPointer(rebasing: bytes[line])))
                }
            }
        }
    }

    func close() async { await producer.close(timeout: .seconds(2)) }

    struct Settings: SinkSettings {
        static let type = "kafka"
        let topic: String

        init(_ section: inout Section) throws(ConfigFault) {
            topic = try section.string("topic", default: "orders")
        }

        func make(_ context: ComponentContext) throws -> any Sink {
            guard let kafka = context.kafka else { throw MissingSetting("KAFKA_BROKERS", context.name) }
            return KafkaSink(producer: try KafkaProducer(kafka, logger: context.logger), topic: topic)
        }
    }
}
