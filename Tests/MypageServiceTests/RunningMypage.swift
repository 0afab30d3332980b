import Contracts
import Foundation
import Kafka
import KafkaDevBroker
import MariaDB
import Messaging
import ServiceRuntime
import TestSupport

@testable import MypageService

/// The whole service on a database of its own, with a broker of its own; both end with `body`.
struct RunningMypage: Sendable {
    let url: String
    let settings: MypageConfiguration
    let database: MypageDatabase
    let producer: KafkaProducer
    let http = TestHTTP()

    static func with(_ body: @escaping @Sendable (RunningMypage) async throws -> Void) async throws {
        try await MypageDatabase.with { database in
            let broker = try DevBroker()
            defer { broker.close() }
            for topic in MypageEvents.types.keys { try broker.createTopic(topic, partitions: 3) }
            var settings = SettingsReader(environment: [
                "DATABASE_URL": database.url, "KAFKA_BROKERS": broker.bootstrap, "HTTP_PORT": "0",
                "KAFKA_SESSION_TIMEOUT": "4s", "KAFKA_PROPERTIES": "fetch.wait.max.ms=5;heartbeat.interval.ms=300",
            ])
            let configuration = try MypageConfiguration(&settings)
            let producer = try KafkaProducer(configuration.kafka.client, logger: MypageDatabase.logger)
            let application = try ServiceApplication(
                MypageService.self, configuration: configuration, logger: MypageDatabase.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await application.run() }
                group.addTask {
                    guard let port = await application.port() else { throw TestFailure("the service does not listen") }
                    let running = RunningMypage(
                        url: "http://127.0.0.1:\(port)", settings: configuration, database: database,
                        producer: producer)
                    let outcome: Result<Void, any Error>
                    do {
                        outcome = .success(try await body(running))
                    } catch {
                        outcome = .failure(error)
                    }
                    await running.http.close()
                    await producer.close(timeout: .seconds(1))
                    application.shutDown(drain: .zero)
                    try outcome.get()
                }
                try await group.waitForAll()
            }
        }
    }

    func publish(_ facts: [MypageFact]) async throws {
        _ = try await producer.send(facts.map(\.record)).map { try $0.get() }
    }

    func get(_ path: String, token: String? = nil) async throws -> TestHTTP.Answer {
        try await http.get(url + path, headers: token.map { ["Consistency-Token": $0] } ?? [:])
    }

    /// Whether the row is there and shows this, before long.
    func shows(_ id: Int64, _ condition: (Mypage) -> Bool) async throws -> Bool {
        try await eventually { try await database.repository.find(id).map(condition) ?? false }
    }
}

extension MypageFact {
    /// The message that a service would have published.
    var record: KafkaRecord {
        var event: NewEvent
        let context = WriteContext()
        switch state {
        case .mission(let data): event = NewEvent(MissionEventType.updated, data, in: context)
        case .reward(let data): event = NewEvent(RewardEventType.updated, data, in: context)
        case .gift(let data): event = NewEvent(GiftEventType.used, data, in: context)
        case .message(let data): event = NewEvent(TelegramEventType.messageUpdated, data, in: context)
        }
        event.id = eventID
        event.time = time
        return EventCodec.record(event, source: "/test")
    }
}
