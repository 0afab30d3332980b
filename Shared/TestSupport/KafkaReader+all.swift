import Kafka

extension KafkaReader {
    /// Everything that is on a topic now; nothing when there is no such topic.
    public static func readAll(_ configuration: KafkaConfiguration, topic: String) async throws -> [KafkaMessage] {
        let reader = KafkaReader(configuration, logger: TestDatabase.quiet)
        let outcome: Result<[KafkaMessage], any Error>
        do {
            outcome = .success(try await reader.read(topic: topic, limit: 1_000_000, timeout: .seconds(60)))
        } catch let error as KafkaError where error.code == .unknownTopic {
            outcome = .success([])
        } catch {
            outcome = .failure(error)
        }
        await reader.close()
        return try outcome.get()
    }
}
