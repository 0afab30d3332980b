import Kafka

extension Readiness {
    /// The check that decides: whether the service's own store answers. `check` throws what is wrong with it.
    public func addDatabase(_ check: @escaping @Sendable () async throws -> Void) {
        add("database", decides: true) {
            do {
                try await check()
                return .pass()
            } catch {
                return .fail("\(error)")
            }
        }
    }

    /// Whether the producer has a broker; information only.
    public func addProducer(_ producer: KafkaProducer) {
        add("producer", decides: false) {
            producer.isConnected ? .pass(producer.statusSummary) : .fail(producer.statusSummary)
        }
    }
}
