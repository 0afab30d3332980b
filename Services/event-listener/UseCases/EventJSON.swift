import Contracts
import ServiceRuntime

/// Writes events as JSON: what `GET /events` shows, the recovery log keeps and the search index gets.
struct EventJSON {
    private var writer = JSONWriter()

    var bytes: [UInt8] { writer.bytes }

    /// Writes one event as an object; fields without a value are left out.
    mutating func write(_ event: Event) {
        writer.beginObject()
        writer.field("uuid", event.uuid.text)
        writer.field("event_type", event.type)
        writer.field("event_action", event.action)
        writer.field("event_ver", event.version)
        for (index, text) in event.strings.enumerated() { field(EventField.strings[index], text) }
        for (index, number) in event.numbers.enumerated() {
            if let number { writer.field(EventField.numbers[index], Int64(number)) }
        }
        field("user_ip", event.userIP)
        if let payload = event.payload {
            writer.key("payload")
            // A line break can only stand between two parts of it, and everybody here keeps one event a line.
            writer.raw(payload.contains(0x0A) || payload.contains(0x0D) ? payload.map { max($0, 0x20) } : payload)
        }
        writer.field("upd_dt", event.receivedAt.description)
        field("correlation_id", event.correlationID)
        field("source", event.source)
        field("occurred_at", event.occurredAt?.description)
        writer.endObject()
    }

    /// A page of a list: `{"items": […], "next": "…"|null}`.
    static func page(_ events: [Event], next: String?) -> [UInt8] {
        var json = EventJSON()
        json.writer.beginObject()
        json.writer.key("items")
        json.writer.beginArray()
        for event in events { json.write(event) }
        json.writer.endArray()
        json.writer.key("next")
        if let next { json.writer.string(next) } else { json.writer.literal("null") }
        json.writer.endObject()
        return json.bytes
    }

    private mutating func field(_ name: String, _ value: String?) {
        if let value { writer.field(name, value) }
    }
}

/// Names of the fields that come in threes.
enum EventField {
    static let strings = ["etc_str1", "etc_str2", "etc_str3"]
    static let numbers = ["etc_num1", "etc_num2", "etc_num3"]
}
