import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import EventListenerService

/// PostgreSQL goes away while events come.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct StoreDownTests {
    private struct Buffer: Decodable {
        struct Log: Decodable {
            let events: Int
            let fault: String?
        }
        struct Sinks: Decodable {
            struct Sink: Decodable { let state: String }
            let postgres: Sink
            let elasticsearch: Sink
        }
        let state: String
        let events: Int
        let recoveryLog: Log
        let sinks: Sinks
    }

    private func buffer(_ listener: RunningListener) async throws -> Buffer {
        try await listener.get("/buffer").decode(Buffer.self)
    }

    @Test func `meanwhile events go to the recovery log, and then by themselves to the store, once`() async throws {
        try await RunningListener.with { listener in
            let uuids = (0..<60).map { _ in UUID() }
            for uuid in uuids[..<20] { _ = try await listener.post("/events", Sample.event(uuid: uuid)) }
            listener.proxy.isDown = true
            for uuid in uuids[20..<40] {
                let answer = try await listener.post("/events", Sample.event(uuid: uuid, payload: "{\n\"a\":1}"))
                #expect(answer.status == 200 && answer.text.contains(#""stored":1"#), "\(answer.text)")
                #expect(answer.text.contains(#""logged":1"#))
            }
            let queued = try await listener.post("/events?ack=queued", Sample.event(uuid: uuids[40]))
            #expect(queued.status == 202)
            let stream = uuids[41..<59].map { Sample.event(uuid: $0) }.joined(separator: "\n")
            #expect(try await listener.lines(stream).text.contains(#""logged":18"#))
            #expect(try await listener.count() == 20)
            // Served as long as the log takes events.
            #expect(try await listener.get("/readyz").status == 200)
            let down = try await buffer(listener)
            #expect(down.sinks.postgres.state == "down" && down.recoveryLog.events >= 38)
            #expect(try await listener.get("/events?type=test").status == 503)

            listener.proxy.isDown = false
            try await soon { try await buffer(listener).recoveryLog.events == 0 }
            #expect(try await listener.post("/events", Sample.event(uuid: uuids[59])).text.hasPrefix(#"{"stored":1"#))
            try await soon { try await listener.count() == 60 }
            #expect(Set(try await listener.uuids()) == Set(uuids))
            try await soon { try await buffer(listener).sinks.postgres.state == "up" }
        }
    }

    @Test func `or callers are refused, as configured, and what was accepted before is kept`() async throws {
        try await RunningListener.with(["ON_STORE_DOWN": "refuse", "IDLE_FLUSH": "60s", "MAX_AGE": "1s"]) { listener in
            let accepted = UUID()
            #expect(try await listener.post("/events?ack=queued", Sample.event(uuid: accepted)).status == 202)
            listener.proxy.isDown = true
            for path in ["/events", "/events?ack=stored"] {
                let answer = try await listener.post(path, Sample.event())
                #expect(answer.status == 503 && answer[header: "retry-after"] != nil, "\(answer.text)")
                #expect(answer.text.contains("store-unavailable"))
            }
            #expect(try await listener.post("/events?ack=queued", Sample.event()).status == 503)
            #expect(try await listener.lines(Sample.event()).status == 503)
            try await soon { try await listener.get("/readyz").status == 503 }
            try await soon { try await buffer(listener).events == 0 }
            listener.proxy.isDown = false
            try await soon { try await listener.uuids() == [accepted] }
            try await soon { try await listener.post("/events", Sample.event()).status == 200 }
        }
    }

    @Test func `a store that hangs holds callers no longer than its time-out`() async throws {
        try await RunningListener.with(["STORE_TIMEOUT": "300ms"]) { listener in
            _ = try await listener.post("/events", Sample.event())
            listener.proxy.hang(true)
            let start = ContinuousClock.now
            let answer = try await listener.post("/events", Sample.event())
            #expect(answer.status == 200 && answer.text.contains("logged"))
            #expect(start.duration(to: .now) < .seconds(30))
            // From now on nobody waits for it.
            let next = ContinuousClock.now
            #expect(try await listener.post("/events", Sample.event()).text.contains("logged"))
            #expect(next.duration(to: .now) < .seconds(4))
            listener.proxy.hang(false)
            try await soon { try await listener.count() == 3 }
        }
    }

    @Test func `a store that answers but refuses batches is away until it takes one`() async throws {
        try await RunningListener.with { listener in
            _ = try await listener.post("/events", Sample.event())
            // As with a full disk: readers are let in, writers are not.
            try await listener.pool.run { connection in
                try connection.script(
                    """
                    CREATE FUNCTION apilog.refuse() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
                    CREATE TRIGGER refuse BEFORE INSERT ON apilog.api_event_log EXECUTE FUNCTION apilog.refuse()
                    """)
            }
            let answer = try await listener.post("/events", Sample.event())
            #expect(answer.status == 200 && answer.text.contains(#""logged":1"#), "\(answer.text)")
            let end = ContinuousClock.now + .milliseconds(1_200)
            while ContinuousClock.now < end {
                let state = try await buffer(listener)
                #expect(state.sinks.postgres.state == "down" && state.recoveryLog.events == 1)
                try await Task.sleep(for: .milliseconds(50))
            }
            try await listener.pool.run { try $0.script("DROP TRIGGER refuse ON apilog.api_event_log") }
            try await soon { try await listener.count() == 2 }
            try await soon { try await buffer(listener).sinks.postgres.state == "up" }
            #expect(try await listener.count(type: "probe") == 0, "what was tried is rolled back")
        }
    }

    @Test func `a recovery log that is full refuses, and loses nothing that was answered`() async throws {
        try await RunningListener.with(["RECOVERY_MAX_BYTES": "12000"]) { listener in
            listener.proxy.isDown = true
            var kept: Set<UUID> = []
            var refused = 0
            for _ in 0..<120 {
                let uuid = UUID()
                let answer = try await listener.post("/events", Sample.event(uuid: uuid))
                if answer.status == 200 { kept.insert(uuid) } else { refused += 1 }
                if answer.status != 200 {
                    #expect(answer.status == 503 && answer.text.contains("recovery-log-full"), "\(answer.text)")
                    #expect(answer[header: "retry-after"] != nil)
                }
            }
            #expect(kept.count > 20 && refused > 20)
            listener.proxy.isDown = false
            try await soon { try await listener.count() == kept.count }
            #expect(Set(try await listener.uuids()) == kept)
            try await soon { try await listener.post("/events", Sample.event()).text.hasPrefix(#"{"stored":1"#) }
        }
    }

    @Test func `a buffer that is full answers 429, and takes events again when there is room`() async throws {
        let changes = ["BUFFER_EVENTS": "1000", "MAX_BATCH": "100", "STORE_TIMEOUT": "60s"]
        try await RunningListener.with(changes) { listener in
            _ = try await listener.post("/events", Sample.event())
            listener.proxy.hang(true)
            func array(of count: Int) -> String {
                "[" + (0..<count).map { _ in Sample.event() }.joined(separator: ",") + "]"
            }
            #expect(try await listener.post("/events?ack=queued", array(of: 994)).status == 202)
            let tooMany = try await listener.post("/events?ack=queued", array(of: 7))
            #expect(tooMany.status == 429 && tooMany[header: "retry-after"] != nil)
            // Of many at once as many are taken as fit.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<40 {
                    tasks.addTask { try await listener.post("/events?ack=queued", Sample.event()).status }
                }
                return try await tasks.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [202: 6, 429: 34])
            #expect(try await listener.post("/events", Sample.event()).status == 429)
            #expect(try await buffer(listener).events == 1_000)
            listener.proxy.hang(false)
            try await soon { try await listener.count() == 1_001 }
            try await soon { try await listener.post("/events", Sample.event()).status == 200 }
        }
    }

    @Test func `a service that starts while its store is away serves all the same`() async throws {
        try await RunningListener.with(prepare: { _ in }) { listener in
            listener.proxy.isDown = true
            var settings = SettingsReader(environment: [
                "DATABASE_URL": "postgres://nobody:x@127.0.0.1:\(listener.proxy.port)/none", "HTTP_PORT": "0",
                "RECOVERY_DIR": listener.folder, "KAFKA_BROKERS": "127.0.0.1:1", "SHUTDOWN_DRAIN": "0s",
            ])
            let application = try ServiceApplication(
                EventListenerService.self, configuration: try EventListenerConfiguration(&settings),
                logger: TestDatabase.quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await application.run() }
                let url = "http://127.0.0.1:\(try #require(await application.port()))"
                try await soon { try await listener.http.get("\(url)/readyz").status == 200 }
                #expect(try await listener.http.post("\(url)/events", Sample.event()).text.contains("logged"))
                application.shutDown(drain: .zero)
                try await group.waitForAll()
            }
            // The two shared the folder, each with a part of its own.
            #expect(try FileManager.default.contentsOfDirectory(atPath: listener.folder).sorted() == ["0", "1"])
        }
    }
}
