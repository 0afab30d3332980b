import Contracts
import Kafka
import TestSupport
import Testing

extension BypassSuite {
    /// Each message's delivery was told exactly once or more often with the same event.
    func expectEvents(_ count: Int) async throws {
        let configuration = try KafkaConfiguration(
            brokers: broker.bootstrap, clientID: "test",
            properties: ["fetch.wait.max.ms": "5", "message.max.bytes": "4000000"])
        var delivered: Set<Int64> = []
        let isComplete = try await eventually(every: .milliseconds(300)) {
            let messages = try await KafkaReader.readAll(configuration, topic: "game.bypass")
            delivered = Set(
                try messages.compactMap { message in
                    let data = try JSON.decode(CallbackData.self, from: message.value ?? [])
                    return data.status == .delivered ? data.id : nil
                })
            return delivered.count >= count
        }
        #expect(isComplete && delivered.count == count, "\(delivered.count) of \(count) deliveries were told")
    }
}
