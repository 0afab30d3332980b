import Kafka
import KafkaDevBroker
import Logging
import TestSupport
import Testing

@testable import DevBroker

@Suite(.timeLimit(.minutes(5))) struct NetworkListenerTests {
    @Test func `a client that knows only the listener produces and reads, and stays with the listener`() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let broker = try DevBroker()
        defer { broker.close() }
        try broker.createTopic("t", partitions: 3)
        let port = try FreePort.any()
        let address = HostPort(host: "127.0.0.1", port: port)
        let inner = try #require(HostPort(argument: broker.bootstrap))
        let listener = NetworkListener(address: address, advertised: address, broker: inner, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await listener.run() }
            defer { group.cancelAll() }
            let kafka = try KafkaConfiguration(
                brokers: "127.0.0.1:\(port)", clientID: "test", properties: ["fetch.wait.max.ms": "5"])
            let producer = try KafkaProducer(kafka, logger: logger)
            let records = (0..<500).map {
                KafkaRecord(topic: "t", key: Array("k\($0)".utf8), value: Array("\($0)".utf8))
            }
            for result in try await producer.send(records) { try result.get() }
            let reader = KafkaReader(kafka, logger: logger)
            let read = try await reader.read(topic: "t")
            #expect(Set(read.compactMap(\.value)) == Set(records.compactMap(\.value)))
            await reader.close()

            // Had it learned the broker's own address, it would still be connected.
            group.cancelAll()
            #expect(await eventually { !producer.isConnected })
            await producer.close(timeout: .seconds(1))
        }
    }
}
