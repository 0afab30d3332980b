import Contracts
import Foundation
import Kafka

/// Between events and Kafka messages: CloudEvents 1.0 in binary mode.
///
/// Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2.
public enum EventCodec {
    /// The message for an event.
    ///
    /// - Parameter source: The publishing service as a URI reference, such as `/game/mission`.
    public static func record(_ event: NewEvent, source: String) -> KafkaRecord {
        KafkaRecord(
            topic: event.aggregate.topic,
            key: Array(event.key.utf8),
            value: event.payload,
            headers: [
                header(EventHeader.specVersion, "1.0"),
                header(EventHeader.id, event.id.text),
                header(EventHeader.type, event.type),
                header(EventHeader.source, source),
                header(EventHeader.time, event.time.description),
                header(EventHeader.subject, "\(event.aggregate.rawValue)/\(event.aggregateID)"),
                header(EventHeader.contentType, "application/json"),
                header(EventHeader.traceParent, event.trace.description),
                header(EventHeader.correlationID, event.correlationID),
            ]
        )
    }

    /// The event in a message.
    ///
    /// - Throws: ``BadMessage`` when it is not an event of ours.
    public static func envelope(_ message: KafkaMessage) throws(BadMessage) -> EventEnvelope {
        guard let data = message.value else { throw BadMessage("null-value", "the message has no value") }
        var headers: [String: String] = [:]
        for header in message.headers where headers[header.name] == nil {
            headers[header.name] = String(decoding: header.value, as: UTF8.self)
        }
        guard let version = headers[EventHeader.specVersion] else {
            throw BadMessage("not-an-event", "the header ce_specversion is missing")
        }
        guard version == "1.0" else {
            throw BadMessage("unknown-spec-version", "ce_specversion is not 1.0")
        }
        guard let id = headers[EventHeader.id].flatMap({ UUID(text: $0) }) else {
            throw BadMessage("bad-event-id", "the header ce_id is missing or not a UUID")
        }
        guard let type = headers[EventHeader.type], !type.isEmpty else {
            throw BadMessage("no-event-type", "the header ce_type is missing")
        }
        return EventEnvelope(
            id: id,
            type: type,
            source: headers[EventHeader.source] ?? "",
            subject: headers[EventHeader.subject],
            time: headers[EventHeader.time].flatMap { Timestamp($0) } ?? Timestamp(milliseconds: message.timestamp),
            correlationID: headers[EventHeader.correlationID].flatMap(identifier) ?? id.text,
            trace: headers[EventHeader.traceParent].flatMap(TraceContext.init) ?? TraceContext(),
            data: data,
            topic: message.topic,
            partition: message.partition,
            offset: message.offset
        )
    }

    /// A correlation id as it may be handed on; anybody may have written the message.
    private static func identifier(_ text: String) -> String? {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
    }

    private static func header(_ name: String, _ value: String) -> KafkaHeader {
        KafkaHeader(name: name, value: Array(value.utf8))
    }
}
