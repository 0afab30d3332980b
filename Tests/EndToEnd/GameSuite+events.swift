import Contracts
import Kafka
import Messaging
import TestSupport

extension GameSuite {
    static let topics = ["game.mission", "game.reward", "game.gift", "game.telegram"]

    func kafka() throws -> KafkaConfiguration {
        try KafkaConfiguration(
            brokers: broker.bootstrap, clientID: "test",
            properties: ["fetch.wait.max.ms": "5", "message.max.bytes": "4000000"])
    }

    /// Everything on the topics of events.
    func messages() async throws -> [KafkaMessage] {
        var all: [KafkaMessage] = []
        for topic in Self.topics { all += try await KafkaReader.readAll(try kafka(), topic: topic) }
        return all
    }

    func events() async throws -> [EventEnvelope] { try await messages().map { try EventCodec.envelope($0) } }

    /// Dead letters of all topics with their reason.
    func deadLetters() async throws -> [StoredDeadLetter] {
        var all: [StoredDeadLetter] = []
        for topic in Self.topics {
            all += try await KafkaReader.readAll(try kafka(), topic: "\(topic).dlq").compactMap(StoredDeadLetter.init)
        }
        return all
    }

    /// Publishes records as they are.
    func publish(_ records: [KafkaRecord]) async throws {
        let producer = try KafkaProducer(try kafka(), logger: TestDatabase.quiet)
        let results = try await producer.send(records)
        await producer.close(timeout: .seconds(5))
        for result in results { try result.get() }
    }
}
