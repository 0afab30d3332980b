import Contracts
import ServiceRuntime

/// The body of a `_bulk` request: an action and a document for each event, a line each.
///
/// A document's id is the event's uuid, so that sending it again changes nothing.
enum BulkRequest {
    static func body(_ events: ArraySlice<Event>) -> [UInt8] {
        var body: [UInt8] = []
        for event in events {
            body += Array(#"{"index":{"_id":"\#(event.uuid.text)"}}"#.utf8)
            body.append(0x0A)
            var json = EventJSON()
            json.write(event)
            // The time that Kibana goes by: when it happened, else when it came.
            let time = event.occurredAt ?? event.receivedAt
            body += Array(#"{"@timestamp":"\#(time)","#.utf8)
            body += json.bytes.dropFirst()
            body.append(0x0A)
        }
        return body
    }
}
