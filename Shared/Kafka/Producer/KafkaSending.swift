/// Records on their way, from ``KafkaProducer/begin(_:)``.
public struct KafkaSending: Sendable {
    let batch: DeliveryBatch
    let core: ProducerCore

    /// Waits until each record is written or refused; to be called once. Throws what ``KafkaProducer/send(_:)`` throws.
    public func results() async throws -> [Result<Void, KafkaError>] {
        guard batch.records.count > 0 else { return [] }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { batch.wait($0) }
        } onCancel: {
            core.abandon(batch)
        }
    }
}
