import Kafka
import Orders

/// Publishes lines to a Kafka topic, each under its branch as the key, so that a branch keeps its order.
struct KafkaSink: Sink {
    /// Lines without a branch keep together, so that one that comes again meets what is known of it.
    private static let otherKey: [UInt8] = Array("-".utf8)

    let producer: KafkaProducer
    let topic: String

    func deliver(_ batch: LineBatch) async throws {
        var records: [KafkaRecord] = []
        records.reserveCapacity(batch.count)
        for index in 0..<batch.count {
            let key = batch.key(index)
            let record = KafkaRecord(
                topic: topic, key: key.isEmpty ? Self.otherKey : Array(key), value: Array(batch[index]))
            records.append(record)
        }
        for (index, result) in try await producer.send(records).enumerated() {
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
