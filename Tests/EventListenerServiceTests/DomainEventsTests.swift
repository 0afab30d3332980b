import Contracts
import Foundation
import Kafka
import KafkaDevBroker
import Messaging
import TestSupport
import Testing

@testable import EventListenerService

/// The suite's own events, from a broker into the log.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct DomainEventsTests {
    private func with(_ body: (RunningListener, KafkaConfiguration) async throws -> Void) async throws {
        let broker = try DevBroker()
        defer { broker.close() }
        for topic in DomainEvents.topics.flatMap({ [$0, "\($0).dlq"] }) { try broker.createTopic(topic) }
        let kafka = try KafkaConfiguration(brokers: broker.bootstrap, clientID: "test")
        let environment = [
            "KAFKA_BROKERS": broker.bootstrap, "KAFKA_SESSION_TIMEOUT": "4s",
            "KAFKA_PROPERTIES": "fetch.wait.max.ms=2;heartbeat.interval.ms=300",
        ]
        try await RunningListener.with(environment) { try await body($0, kafka) }
    }

    private func publish(_ records: [KafkaRecord], _ kafka: KafkaConfiguration) async throws {
        let producer = try KafkaProducer(kafka, logger: TestDatabase.quiet)
        for result in try await producer.send(records) { try result.get() }
        await producer.close(timeout: .seconds(5))
    }

    private func record(
        _ aggregate: Aggregate, _ type: String, _ json: String, saga: String, id: UUID = UUID(), at time: Int64
    ) -> KafkaRecord {
        KafkaRecord(
            topic: aggregate.topic, key: Array("5".utf8), value: Array(json.utf8),
            headers: [
                KafkaHeader(name: EventHeader.specVersion, value: Array("1.0".utf8)),
                KafkaHeader(name: EventHeader.id, value: Array(id.uuidString.utf8)),
                KafkaHeader(name: EventHeader.type, value: Array(type.utf8)),
                KafkaHeader(name: EventHeader.source, value: Array("/game/\(aggregate.rawValue)".utf8)),
                KafkaHeader(
                    name: EventHeader.time,
                    value: Array(Timestamp(milliseconds: 1_790_000_000_000 + time).description.utf8)),
                KafkaHeader(name: EventHeader.subject, value: Array("\(aggregate.rawValue)/1".utf8)),
                KafkaHeader(name: EventHeader.correlationID, value: Array(saga.utf8)),
            ])
    }

    @Test func `a saga can be read by its correlation id, customer and mission, each event once`() async throws {
        try await with { listener, kafka in
            let repeated = record(
                .reward, "Allocated", #"{"id":3,"missionId":42,"customerId":5,"status":"Allocated","version":1}"#,
                saga: "saga-1", at: 20)
            try await publish(
                [
                    record(
                        .mission, "MissionAchieved", #"{"id":42,"customerId":5,"status":"Achieved","version":1}"#,
                        saga: "saga-1", at: 0),
                    repeated, repeated,
                    record(
                        .telegram, "MessageUpdated", #"{"id":9,"missionId":42,"customerId":5}"#, saga: "saga-1", at: 50),
                    record(.gift, "Exchanged", #"{"id":7,"missionId":99,"customerId":6}"#, saga: "saga-2", at: 60),
                    record(.bypass, "NotKnownYet", "{}", saga: "saga-3", at: 70),
                ], kafka)
            try await soon { try await listener.count() == 5 }
            let saga = try await listener.get("/events?correlationId=saga-1")
            #expect(saga.status == 200 && saga.text.hasSuffix(#""next":null}"#))
            for action in ["MissionAchieved", "Allocated", "MessageUpdated"] {
                #expect(saga.text.components(separatedBy: #""event_action":"\#(action)""#).count == 2)
            }
            #expect(
                saga.text.contains(#""event_type":"game.reward""#) && saga.text.contains(#""source":"/game/reward""#))
            #expect(saga.text.contains(#""occurred_at":"2026-09-21T14:13:20.020Z""#))
            func count(_ query: String) async throws -> Int {
                try await listener.get("/events?\(query)").text.components(separatedBy: "\"uuid\"").count - 1
            }
            #expect(try await count("customerId=5") == 3)
            #expect(try await count("missionId=42") == 3)
            #expect(try await count("missionId=99&customerId=6&type=game.gift&action=Exchanged") == 1)
            #expect(try await count("customerId=7") == 0)
            #expect(try await listener.get("/sagas/saga-1").text.contains("<ol id=\"timeline\">"))
            #expect(try await listener.get("/sagas?customerId=5").text.contains("<form id=\"search\">"))
        }
    }

    @Test func `what is no event becomes a dead letter, and the others are stored`() async throws {
        try await with { listener, kafka in
            var bare = record(.mission, "MissionCreated", "{}", saga: "s", at: 0)
            bare.headers = []
            try await publish(
                [
                    bare, record(.mission, "MissionCreated", "{oops", saga: "s", at: 0),
                    record(.mission, "MissionCreated", #"{"id":1}"#, saga: "s", at: 0),
                ], kafka)
            try await soon { try await listener.count() == 1 }
            try await soon { try await KafkaReader.readAll(kafka, topic: "game.mission.dlq").count == 2 }
        }
    }

    @Test func `while the store is away events stay in Kafka, not in the recovery log`() async throws {
        try await with { listener, kafka in
            try await publish([record(.mission, "MissionCreated", #"{"id":1}"#, saga: "s", at: 0)], kafka)
            try await soon { try await listener.count() == 1 }
            listener.proxy.isDown = true
            let records = (0..<50).map { record(.mission, "MissionCreated", #"{"id":\#($0)}"#, saga: "s", at: 0) }
            try await publish(records, kafka)
            try await soon { try await listener.get("/buffer").text.contains(#""postgres":{"state":"down""#) }
            #expect(try await listener.get("/buffer").text.contains(#""recoveryLog":{"events":0"#))
            listener.proxy.isDown = false
            try await soon { try await listener.count() == 51 }
        }
    }
}
