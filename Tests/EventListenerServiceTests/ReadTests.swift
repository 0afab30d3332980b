import Contracts
import Foundation
import TestSupport
import Testing

@testable import EventListenerService

/// Reading the log over HTTP, and what is kept for how long.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct ReadTests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let uuid: UUID
            let type: String
            let time: String
            enum CodingKeys: String, CodingKey {
                case uuid
                case type = "event_type"
                case time = "upd_dt"
            }
        }
        let items: [Item]
        let next: String?
    }

    @Test func `an event is found by its uuid`() async throws {
        try await RunningListener.with { listener in
            let uuid = UUID()
            let headers = ["correlationid": "saga-9"]
            _ = try await listener.post("/events", Sample.event("x", uuid: uuid, payload: #"{"a":[1, 2]}"#), headers)
            let answer = try await listener.get("/events/\(uuid)")
            #expect(answer.status == 200 && answer.text.hasPrefix(#"{"uuid":"\#(uuid.uuidString.lowercased())""#))
            #expect(answer.text.contains(#""payload":{"a":[1, 2]}"#))
            #expect(answer.text.contains(#""correlation_id":"saga-9""#))
            #expect(try await listener.get("/events/\(UUID())").status == 404)
            #expect(try await listener.get("/events/7").status == 400)
        }
    }

    @Test func `lists are filtered and come in pages without gaps or repeats`() async throws {
        try await RunningListener.with { listener in
            let uuids = (0..<250).map { _ in UUID() }
            let lines = uuids.enumerated().map { Sample.event("type-\($0 % 2)", uuid: $1) }.joined(separator: "\n")
            _ = try await listener.lines(lines)
            for order in ["oldest", "newest"] {
                var found: [Page.Item] = []
                var after = ""
                repeat {
                    let page = try await listener.get("/events?limit=60&order=\(order)\(after)").decode(Page.self)
                    found += page.items
                    after = page.next.map { "&after=\($0)" } ?? ""
                } while !after.isEmpty
                #expect(found.count == 250 && Set(found.map(\.uuid)) == Set(uuids))
                let times = found.map(\.time)
                #expect(times == (order == "oldest" ? times.sorted() : times.sorted(by: >)))
            }
            let one = try await listener.get("/events?type=type-1&action=sent&limit=500").decode(Page.self)
            #expect(one.items.count == 125 && one.next == nil && one.items.allSatisfy { $0.type == "type-1" })
            #expect(try await listener.get("/events?to=2020-01-01T00:00:00Z").text == #"{"items":[],"next":null}"#)
            #expect(
                try await listener.get("/events?from=2020-01-01T00:00:00Z&limit=1").decode(Page.self).items.count == 1)
            for query in ["from=yesterday", "limit=501", "after=x", "color=red", "customerId=x", "order=up"] {
                #expect(try await listener.get("/events?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test func `days that are past their retention go, keys and events, and no others`() async throws {
        try await RunningListener.with(["RETENTION_DAYS": "30"]) { listener in
            let day: Int64 = 86_400_000
            let ages: [Int64] = [0, 1, 29, 32, 40]
            let events = ages.map { age in
                Event(
                    uuid: UUID(), type: "age-\(age)", action: "a", version: "1",
                    receivedAt: Timestamp(milliseconds: Timestamp.now.milliseconds - age * day))
            }
            try await listener.pool.run { connection in
                for event in events {
                    _ = try PostgresEventWriter(connection: .success(connection)).write([event])
                }
            }
            let housekeeping = EventHousekeeping(pool: listener.pool, retentionDays: 30, logger: TestDatabase.quiet)
            try await housekeeping.removeOld()
            #expect(Set(try await listener.uuids()) == Set(events[..<3].map(\.uuid)))
            let keys = try await listener.pool.run {
                try $0.query("SELECT uuid FROM apilog.event_key").map { try $0.uuid(0) }
            }
            #expect(Set(keys) == Set(events[..<3].map(\.uuid)))
            // A uuid of those that are gone may be used again.
            let again = try await listener.post("/events", Sample.event(uuid: events[4].uuid))
            #expect(again.text.hasPrefix(#"{"stored":1"#))
        }
    }

    @Test func `metrics tell of everything that is accepted, stored, repeated, rejected and flushed`() async throws {
        try await RunningListener.with { listener in
            let event = Sample.event(uuid: UUID())
            for _ in 0..<2 { _ = try await listener.post("/events", event) }
            _ = try await listener.post("/events", "{}")
            let text = try await listener.get("/metrics").text
            for name in [
                "events_accepted_total{ack=\"stored\"}", "events_stored_total", "events_duplicate_total",
                "events_rejected_total{reason=\"missing-field\"}", "event_flushes_total{cause=\"caller\"}",
                "event_batch_size_bucket", "event_flush_seconds_bucket", "event_buffer_events",
                "event_oldest_unstored_seconds", "recovery_log_events", "sink_up{sink=\"postgres\"} 1",
            ] {
                #expect(text.contains("\n\(name)"), "\(name)")
            }
        }
    }
}
