import Contracts
import Foundation
import TestSupport
import Testing

@testable import EventListenerService

/// Events over HTTP into a real PostgreSQL.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct IntakeTests {
    @Test func `one event is answered once it is committed, and a repeat is a duplicate`() async throws {
        try await RunningListener.with { listener in
            let uuid = UUID()
            let event = Sample.event(uuid: uuid, payload: #"{"a": [1,2]}"#)
            let first = try await listener.post("/events", event)
            #expect(first.status == 200 && first.text == #"{"stored":1,"duplicates":0,"rejected":[]}"#)
            #expect(try await listener.uuids() == [uuid])
            let second = try await listener.post("/events?ack=stored", event)
            #expect(second.status == 200 && second.text == #"{"stored":0,"duplicates":1,"rejected":[]}"#)
            #expect(try await listener.uuids() == [uuid])
            let payload = try await listener.pool.run {
                try $0.query("SELECT payload::text FROM apilog.api_event_log")[0].string(0)
            }
            #expect(payload == #"{"a": [1,2]}"#)
        }
    }

    @Test func `a uuid is unique over days too`() async throws {
        try await RunningListener.with { listener in
            let uuid = UUID()
            try await listener.pool.run { connection in
                let event = Event(
                    uuid: uuid, type: "old", action: "a", version: "1",
                    receivedAt: Timestamp(milliseconds: Timestamp.now.milliseconds - 86_400_000))
                _ = try PostgresEventWriter(connection: .success(connection)).write([event])
            }
            let answer = try await listener.post("/events", Sample.event(uuid: uuid))
            #expect(answer.text == #"{"stored":0,"duplicates":1,"rejected":[]}"#)
            #expect(try await listener.uuids() == [uuid])
        }
    }

    @Test func `a uuid that was given here needs no key, and is unique all the same`() async throws {
        try await RunningListener.with { listener in
            _ = try await listener.post("/events", Sample.event("first"))
            let uuid = try #require(try await listener.uuids().first)
            let keys = try await listener.pool.run { try $0.query("SELECT count(*) FROM apilog.event_key")[0].int64(0) }
            #expect(EventID.isOwn(uuid) && keys == 0)
            #expect(try await listener.get("/events/\(uuid)").status == 200)
            // Sent again with the uuid that a reader has seen: alone, beside a new one, and beside a stranger's.
            let (own, foreign) = (Sample.event("again", uuid: uuid), Sample.event(uuid: UUID()))
            for _ in 0..<2 {
                #expect(try await listener.post("/events", own).text == #"{"stored":0,"duplicates":1,"rejected":[]}"#)
            }
            let mixed = try await listener.post("/events", "[\(own), \(Sample.event("new")), \(foreign)]")
            #expect(mixed.text == #"{"stored":2,"duplicates":1,"rejected":[]}"#)
            // A uuid that looks as if it were given here, but was not: it is stored once.
            let stranger = EventID.make(at: Timestamp(milliseconds: Timestamp.now.milliseconds - 5_000))
            for count in [1, 0] {
                let answer = try await listener.post("/events", Sample.event("stranger", uuid: stranger))
                #expect(answer.text == #"{"stored":\#(count),"duplicates":\#(1 - count),"rejected":[]}"#)
            }
            #expect(try await listener.get("/events/\(stranger)").status == 200)
            #expect(try await listener.count() == 4)
        }
    }

    @Test func `an event whose commit got no answer is stored once when it is written again`() async throws {
        try await RunningListener.with { listener in
            let events = [Event(type: "own", action: "a", version: "1"), Event(type: "own", action: "b", version: "1")]
            for isReplay in [false, false, true] {
                let outcomes = try await listener.pool.run { connection in
                    try PostgresEventWriter(connection: .success(connection), isReplay: isReplay).write(events)
                }
                #expect(outcomes == [.stored, .stored])
            }
            #expect(try await listener.count() == 2)
        }
    }

    @Test func `a queued event is answered at once and stored without another one coming`() async throws {
        try await RunningListener.with(["IDLE_FLUSH": "200ms", "MAX_AGE": "3600s"]) { listener in
            let answer = try await listener.post("/events?ack=queued", Sample.event("queued"))
            #expect(answer.status == 202 && answer.text == #"{"accepted":1,"rejected":[]}"#)
            try await soon { try await listener.count(type: "queued") == 1 }
            let original = try await listener.post("/Event/PostEvent", Sample.event("original"))
            #expect(original.status == 200 && original.text == "ok")
            try await soon { try await listener.count(type: "original") == 1 }
        }
    }

    @Test func `a caller who waits is not kept for the idle time, also behind queued events`() async throws {
        try await RunningListener.with(["IDLE_FLUSH": "3600s", "MAX_AGE": "3600s"]) { listener in
            _ = try await listener.post("/events?ack=queued", Sample.event("queued"))
            let start = ContinuousClock.now
            let answer = try await listener.post("/events", Sample.event("waits"))
            #expect(answer.status == 200 && start.duration(to: .now) < .seconds(30))
            #expect(try await listener.count() == 2)
        }
    }

    @Test func `of an array the good are stored and the bad are named`() async throws {
        try await RunningListener.with { listener in
            let uuid = UUID()
            let events = [
                Sample.event(uuid: uuid), #"{"event_type":"x"}"#, "7", Sample.event(uuid: uuid), Sample.event(),
            ]
            let answer = try await listener.post("/events", "[\(events.joined(separator: ","))]")
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix(#"{"stored":2,"duplicates":1,"rejected":[{"line":2,"type":"missing-field""#))
            #expect(answer.text.contains(#"{"line":3,"type":"invalid-field""#))
            #expect(try await listener.count() == 2)
            let queued = try await listener.post("/events?ack=queued", "[\(Sample.event()),{}]")
            #expect(queued.status == 202 && queued.text.hasPrefix(#"{"accepted":1,"rejected":[{"line":2"#))
        }
    }

    @Test func `what cannot be taken says what to change`() async throws {
        try await RunningListener.with { listener in
            func check(
                _ status: Int, _ slug: String, _ body: String, _ path: String = "/events",
                _ headers: [String: String] = [:]
            ) async throws {
                let answer = try await listener.post(path, body, headers)
                #expect(answer.status == status && answer.text.contains("\"type\":\"\(slug)\""), "\(answer.text)")
                #expect(answer[header: "content-type"] == "application/problem+json")
            }
            try await check(422, "missing-field", #"{"event_type":"x"}"#)
            try await check(422, "missing-field", #"{"event_type":"x"}"#, "/events?ack=queued")
            try await check(422, "missing-field", #"{"event_type":"x"}"#, "/Event/PostEvent")
            try await check(422, "unknown-field", #"{"event_type":"x","nonsense":1}"#)
            try await check(400, "malformed-json", #"{"event_type":"x""#)
            try await check(422, "empty-array", "[]")
            try await check(422, "too-many-events", "[" + String(repeating: "{},", count: 1_000) + "{}]")
            try await check(400, "malformed-json", "[{},")
            try await check(400, "invalid-parameter", Sample.event(), "/events?ack=never")
            try await check(400, "unknown-parameter", Sample.event(), "/events?color=red")
            try await check(415, "unsupported-media-type", Sample.event(), "/events", ["content-type": "text/plain"])
            let large = Sample.event(payload: "\"" + String(repeating: "x", count: 1 << 20) + "\"")
            try await check(413, "body-too-large", large)
            #expect(try await listener.count() == 0)
        }
    }

    @Test func `a stream is stored line by line, and a bad line does not spoil the others`() async throws {
        try await RunningListener.with { listener in
            var lines = (0..<3_000).map { _ in Sample.event("line") }
            lines[9] = "{oops"
            lines[1_999] = #"{"event_type":"only"}"#
            lines[2_500] = ""
            let answer = try await listener.lines(lines.joined(separator: "\n"))
            #expect(answer.status == 200)
            #expect(
                answer.text.hasPrefix(#"{"stored":2997,"duplicates":0,"rejected":[{"line":10,"type":"malformed-json""#))
            #expect(answer.text.contains(#"{"line":2000,"type":"missing-field""#))
            #expect(try await listener.count(type: "line") == 2_997)
            let queued = try await listener.lines(lines.joined(separator: "\r\n") + "\r\n", ack: "queued")
            #expect(queued.status == 202 && queued.text.hasPrefix(#"{"accepted":2997,"#))
            try await soon { try await listener.count(type: "line") == 5_994 }
            let none = try await listener.lines("")
            #expect(none.status == 200 && none.text == #"{"stored":0,"duplicates":0,"rejected":[]}"#)
        }
    }

    @Test func `many callers at once share batches, each is told of its own`() async throws {
        try await RunningListener.with { listener in
            let known = UUID()
            _ = try await listener.post("/events", Sample.event(uuid: known))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        let isRepeat = index % 10 == 0
                        let answer = try await listener.post(
                            "/events", Sample.event(uuid: isRepeat ? known : UUID()))
                        #expect(answer.text.hasPrefix(isRepeat ? #"{"stored":0"# : #"{"stored":1"#))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await listener.count() == 271)
        }
    }

    @Test func `a row that PostgreSQL refuses is found and set aside, and the rest of its batch is stored`()
        async throws
    {
        try await RunningListener.with(prepare: { pool in
            try await pool.run {
                try $0.script(
                    """
                    ALTER TABLE apilog.api_event_log
                    ADD CONSTRAINT no_poison CHECK (event_type <> 'poison') NOT VALID
                    """)
            }
        }) { listener in
            var events = (0..<100).map { _ in Sample.event("good") }
            events[37] = Sample.event("poison", uuid: UUID())
            events[90] = Sample.event("poison", uuid: UUID())
            let answer = try await listener.post("/events", "[\(events.joined(separator: ","))]")
            #expect(
                answer.status == 200 && answer.text.hasPrefix(#"{"stored":98,"duplicates":0,"rejected":[{"line":38,"#))
            #expect(answer.text.contains("no_poison") && answer.text.contains(#""line":91"#))
            #expect(try await listener.count() == 98)
            let alone = try await listener.post("/events", Sample.event("poison"))
            #expect(alone.status == 422 && alone.text.contains("store-refused-23514"))
            let aside = try await listener.pool.run {
                try $0.query("SELECT count(*) FROM apilog.rejected_event WHERE reason LIKE '%no_poison%'")[0].int64(0)
            }
            #expect(aside == 3)
        }
    }

    @Test func `a missing partition is made when it is needed`() async throws {
        try await RunningListener.with(prepare: { pool in
            try await pool.run {
                try $0.script(
                    """
                    DO $$ DECLARE name text; BEGIN
                        FOR name IN SELECT relname FROM pg_class WHERE relname ~ '^api_event_log_[0-9]{8}$' LOOP
                            EXECUTE 'DROP TABLE apilog.' || name;
                        END LOOP;
                    END $$
                    """)
            }
        }) { listener in
            let answer = try await listener.post("/events", Sample.event())
            #expect(answer.status == 200 && answer.text.hasPrefix(#"{"stored":1"#))
        }
    }
}
