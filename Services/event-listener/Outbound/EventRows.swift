import Contracts
import Postgres

/// Events as the rows of a `COPY`.
enum EventRows {
    /// All that a batch of events brings with it: keys for those that need one, and the events.
    static func all(_ events: ArraySlice<Event>) -> [PostgresCopy] {
        let keyed = events.filter { !$0.isSelfDated }
        return (keyed.isEmpty ? [] : [keys(keyed)]) + [self.events(events)]
    }

    private static func keys(_ events: [Event]) -> PostgresCopy {
        PostgresCopy(into: "apilog.event_key", columns: ["uuid", "upd_dt"]) { rows in
            for event in events {
                try rows.beginRow()
                rows.uuid(event.uuid)
                rows.timestamp(event.receivedAt)
            }
        }
    }

    static func events(_ events: ArraySlice<Event>) -> PostgresCopy {
        PostgresCopy(into: "apilog.api_event_log", columns: columns) { rows in
            // Where they stand: a copy of each would count all its strings.
            let span = events.span
            for index in span.indices { try write(span[index], to: rows) }
        }
    }

    private static let columns = [
        "uuid", "event_type", "event_action", "event_ver", "etc_str1", "etc_str2", "etc_str3", "etc_num1", "etc_num2",
        "etc_num3", "user_ip", "payload", "upd_dt", "correlation_id", "source", "occurred_at",
    ]

    private static func write(_ event: Event, to rows: PostgresCopyWriter) throws {
        try rows.beginRow()
        rows.uuid(event.uuid)
        rows.text(event.type)
        rows.text(event.action)
        rows.text(event.version)
        for text in event.strings { rows.text(text) }
        for number in event.numbers { rows.int32(number) }
        rows.text(event.userIP)
        rows.bytes(event.payload)
        rows.timestamp(event.receivedAt)
        rows.text(event.correlationID)
        rows.text(event.source)
        rows.timestamp(event.occurredAt)
    }
}
