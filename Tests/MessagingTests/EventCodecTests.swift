import Contracts
import Foundation
import Kafka
import Testing

@testable import Messaging

@Suite struct EventCodecTests {
    private let data = MissionData(id: 42, version: 3, customerId: 7, title: "Run", rewardId: nil, status: .achieved)

    @Test func `an event survives its way through a message`() throws {
        let context = WriteContext()
        let event = NewEvent(MissionEventType.achieved, data, in: context)
        let record = EventCodec.record(event, source: "/game/mission")
        #expect(record.topic == "game.mission")
        #expect(record.key == Array("7".utf8))
        let envelope = try EventCodec.envelope(message(record))
        #expect(envelope.id == event.id)
        #expect(envelope.type == "MissionAchieved")
        #expect(envelope.source == "/game/mission")
        #expect(envelope.subject == "mission/42")
        #expect(envelope.time == event.time)
        #expect(envelope.correlationID == context.correlationID)
        #expect(envelope.trace == context.trace)
        #expect(try envelope.decode(MissionData.self) == data)
    }

    @Test(
        arguments: [
            ("ce_specversion", nil, "not-an-event"), ("ce_specversion", "2.0", "unknown-spec-version"),
            ("ce_id", nil, "bad-event-id"), ("ce_id", "42", "bad-event-id"), ("ce_type", nil, "no-event-type"),
        ] as [(String, String?, String)])
    func `a broken header is named`(name: String, value: String?, reason: String) {
        var record = EventCodec.record(NewEvent(MissionEventType.achieved, data, in: WriteContext()), source: "/test")
        record.headers.removeAll { $0.name == name }
        if let value { record.headers.append(KafkaHeader(name: name, value: Array(value.utf8))) }
        #expect { try EventCodec.envelope(message(record)) } throws: { ($0 as? BadMessage)?.reason == reason }
    }

    @Test func `a null value is refused`() {
        var record = EventCodec.record(NewEvent(MissionEventType.achieved, data, in: WriteContext()), source: "/test")
        record.value = nil
        #expect { try EventCodec.envelope(message(record)) } throws: { ($0 as? BadMessage)?.reason == "null-value" }
    }

    @Test(arguments: [
        ("not json", "the data is not JSON"), ("{}", "the field"), ("[1]", "wrong type"),
        (#"{"id":"x","version":1,"customerId":7,"status":"Created"}"#, "the field id has the wrong type"),
        (#"{"id":1,"version":1,"customerId":7,"status":"Eaten"}"#, "the field status has a value that is not known"),
        (#"{"id":1,"version":0,"customerId":7,"status":"Created"}"#, "greater than zero"),
    ])
    func `malformed data names the field`(json: String, words: String) throws {
        var record = EventCodec.record(NewEvent(MissionEventType.achieved, data, in: WriteContext()), source: "/test")
        record.value = Array(json.utf8)
        let envelope = try EventCodec.envelope(message(record))
        #expect { try envelope.decode(MissionData.self) } throws: {
            ($0 as? BadMessage)?.detail.contains(words) ?? false
        }
    }

    @Test func `fields that a later version adds are passed over`() throws {
        var record = EventCodec.record(NewEvent(MissionEventType.achieved, data, in: WriteContext()), source: "/test")
        record.value = Array(#"{"id":1,"version":9,"customerId":7,"status":"Created","colour":"blue"}"#.utf8)
        #expect(try EventCodec.envelope(message(record)).decode(MissionData.self).version == 9)
    }

    private func message(_ record: KafkaRecord) -> KafkaMessage {
        KafkaMessage(
            topic: record.topic, partition: 0, offset: 5, key: record.key, value: record.value,
            headers: record.headers, timestamp: 0)
    }
}
