import Contracts
import Foundation
import Testing

@testable import EventListenerService

/// What is an event, and what is said of what is none.
struct EventReaderTests {
    private func read(_ json: String) throws(DomainError) -> Event { try EventReader.read(Array(json.utf8)) }

    @Test func `every field is read, and the payload stays as it came`() throws {
        let event = try read(
            """
            {"uuid":"018F0A5C-7d3e-7b6a-9c1d-2e4f6a8b0c1d","event_type":"order","event_action":"gr\\u00fc\\u00dfe",
             "event_ver":"1.0","etc_str1":"","etc_str2":"b","etc_str3":null,"etc_num1":-2147483648,"etc_num2":0,
             "user_ip":"::1","payload": {"b" : [1, 2.50, "x\\n"], "a":null} }
            """)
        #expect(event.uuid.uuidString == "018F0A5C-7D3E-7B6A-9C1D-2E4F6A8B0C1D" && !event.isSelfDated)
        #expect(event.type == "order" && event.action == "grüße" && event.version == "1.0")
        #expect(event.strings == Triple("", "b", nil) && event.numbers == Triple(.min, 0, nil) && event.userIP == "::1")
        #expect(event.payload.map { String(decoding: $0, as: UTF8.self) } == #"{"b" : [1, 2.50, "x\n"], "a":null}"#)
    }

    @Test func `an event without a uuid gets one of version 7`() throws {
        let event = try read(#"{"event_type":"t","event_action":"a","event_ver":"1"}"#)
        #expect(event.isSelfDated && event.uuid.uuid.6 >> 4 == 7 && event.payload == nil)
    }

    @Test(arguments: [
        (#""#, "malformed-json"), (#"{"#, "malformed-json"), (#"[]"#, "invalid-field"), (#"7"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a"}"#, "missing-field"),
        (#"{"event_type":"","event_action":"a","event_ver":"1"}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"12345678901"}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":1}"#, "invalid-field"),
        (#"{"event_type":"t\u0000","event_action":"a","event_ver":"1"}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","etc_num1":2147483648}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","etc_num1":1.5}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","uuid":"x"}"#, "invalid-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","color":"red"}"#, "unknown-field"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","upd_dt":"2026-01-01T00:00:00Z"}"#, "unknown-field"),
        (#"{"event_type":"t","event_type":"u","event_action":"a","event_ver":"1"}"#, "malformed-json"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1"} x"#, "malformed-json"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1",}"#, "malformed-json"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","payload":{"a":01}}"#, "malformed-json"),
        (#"{"event_type":"t","event_action":"a","event_ver":"1","payload":{"a":"\x"}}"#, "malformed-json"),
    ])
    func `what is no event is refused by name`(json: String, slug: String) {
        let error = #expect(throws: DomainError.self) { try read(json) }
        #expect(error?.slug == slug)
    }

    @Test func `bytes that are not UTF-8 are refused, in a field and in the payload`() {
        let field =
            Array(#"{"event_type":""#.utf8) + [0xC3, 0x28] + Array(#"","event_action":"a","event_ver":"1"}"#.utf8)
        let payload =
            Array(#"{"event_type":"t","event_action":"a","event_ver":"1","payload":["#.utf8) + [0x22, 0xFF, 0x22]
            + Array("]}".utf8)
        #expect(throws: DomainError.self) { try EventReader.read(field) }
        #expect(throws: DomainError.self) { try EventReader.read(payload) }
    }

    @Test func `what is written is read again, in one line`() throws {
        var event = Event(
            uuid: UUID(), type: "t", action: "a\n\"", version: "1", receivedAt: Timestamp(milliseconds: 7))
        event.strings = Triple(nil, "x", "")
        event.numbers = Triple(1, nil, -1)
        event.payload = Array("{\n \"a\":\r\n1}".utf8)
        event.correlationID = "saga-1"
        event.source = "/game/mission"
        event.occurredAt = Timestamp(milliseconds: 5)
        var json = EventJSON()
        json.write(event)
        #expect(!json.bytes.contains(0x0A))
        var again = try EventReader.readStored(json.bytes)
        #expect(again.payload.map { String(decoding: $0, as: UTF8.self) } == "{  \"a\":  1}")
        again.payload = event.payload
        #expect(again == event)
    }
}
