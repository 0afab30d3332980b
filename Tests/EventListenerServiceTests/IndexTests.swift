import BulkServer
import Contracts
import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import EventListenerService

/// The search index follows the log whatever is wrong with it, and PostgreSQL does not notice.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct IndexTests {
    private func with(
        _ faults: BulkFaults = BulkFaults(), startsUp: Bool = true, _ changes: [String: String] = [:],
        _ body: (RunningListener, BulkServer, Switch) async throws -> Void
    ) async throws {
        let server = BulkServer(port: try FreePort.any())
        server.set(faults)
        let power = Switch(isOn: startsUp)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await power.run { try? await server.run() } }
            let environment = ["ELASTICSEARCH_URL": server.url, "ELASTICSEARCH_TIMEOUT": "60s"].merging(changes) { $1 }
            try await RunningListener.with(environment) { listener in try await body(listener, server, power) }
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    private func post(_ count: Int, _ listener: RunningListener, type: String = "test") async throws -> Set<String> {
        let uuids = (0..<count).map { _ in UUID() }
        let answer = try await listener.lines(uuids.map { Sample.event(type, uuid: $0) }.joined(separator: "\n"))
        #expect(answer.text.hasPrefix(#"{"stored":\#(count)"#))
        return Set(uuids.map { $0.uuidString.lowercased() })
    }

    /// The age of the oldest event that is not indexed, as the service tells it.
    private func lag(_ listener: RunningListener) async throws -> Double? {
        struct Buffer: Decodable {
            struct Sinks: Decodable { let elasticsearch: Sink }
            struct Sink: Decodable { let lagSeconds: Double? }
            let sinks: Sinks
        }
        return try await listener.get("/buffer").decode(Buffer.self).sinks.elasticsearch.lagSeconds
    }

    @Test func `every stored event is indexed under its uuid, with the template in place`() async throws {
        try await with { listener, server, _ in
            let uuids = try await post(2_500, listener)
            try await soon { Set(server.documents.keys) == uuids }
            let document = try #require(server.documents[uuids.first ?? ""])
            #expect(document.hasPrefix(#"{"@timestamp":""#) && document.contains(#""event_type":"test""#))
            #expect(server.template?.contains(#""index_patterns": ["eventlog"]"#) == true)
            try await soon { try await listener.get("/buffer").text.contains(#""elasticsearch":{"state":"up""#) }
        }
    }

    @Test func `while it is down events are stored at the usual speed, and it catches up completely`() async throws {
        try await with(startsUp: false) { listener, server, power in
            var uuids = try await post(500, listener)
            // The usual speed is the disk's: each of these waits for a commit, too.
            try await listener.pool.run { try $0.script("CREATE TABLE control (n int)") }
            var start = ContinuousClock.now
            for _ in 0..<20 { try await listener.pool.run { try $0.script("INSERT INTO control VALUES (1)") } }
            let control = start.duration(to: .now)
            start = .now
            for _ in 0..<20 { #expect(try await listener.post("/events", Sample.event()).status == 200) }
            #expect(start.duration(to: .now) < control * 3 + .seconds(5))
            try await soon { try await listener.get("/buffer").text.contains(#""elasticsearch":{"state":"down""#) }
            #expect(try await listener.get("/readyz").status == 200)
            try await soon { try await lag(listener) ?? 0 > 0.5 }
            power.set(true)
            uuids.formUnion(try await post(10, listener))
            try await soon { server.documents.count == 530 }
            #expect(uuids.isSubset(of: server.documents.keys))
        }
    }

    @Test func `refusing 30 percent of the items with 429, it gets each in the end`() async throws {
        var faults = BulkFaults()
        faults.shareRefused = 0.3
        try await with(faults) { listener, server, _ in
            let uuids = try await post(3_000, listener)
            try await soon { Set(server.documents.keys) == uuids }
            // Only what was refused went again.
            #expect(server.writes == 3_000 && server.requests > 6)
            #expect(try await listener.count() == 3_000)
        }
    }

    @Test func `one document that it refuses with 400 is set aside, and the others go on`() async throws {
        var faults = BulkFaults()
        faults.poison = "\"poison\""
        try await with(faults) { listener, server, _ in
            let before = try await post(300, listener)
            let bad = try await post(1, listener, type: "poison")
            let after = try await post(300, listener)
            try await soon { Set(server.documents.keys) == before.union(after) }
            try await soon {
                try await listener.pool.run { connection in
                    let rows = try connection.query("SELECT uuid::text, reason FROM apilog.sink_rejection")
                    guard let row = rows.first else { return false }
                    return try bad.contains(row.string(0)) && row.string(1).contains("document_parsing_exception")
                }
            }
            #expect(try await listener.count(type: "poison") == 1)
        }
    }

    @Test func `slow, it falls behind alone; 503 and 401 are waited out; 413 is cut into smaller parts`() async throws {
        var faults = BulkFaults()
        faults.delay = .milliseconds(500)
        try await with(faults) { listener, server, _ in
            let start = ContinuousClock.now
            var uuids = try await post(1_500, listener)
            #expect(start.duration(to: .now) < .seconds(20))
            faults.delay = .zero
            faults.status = 503
            server.set(faults)
            uuids.formUnion(try await post(100, listener))
            try await soon { try await listener.get("/buffer").text.contains("answered 503") }
            faults.status = nil
            faults.maxBytes = 20_000
            server.set(faults)
            uuids.formUnion(try await post(1_000, listener))
            try await soon { Set(server.documents.keys) == uuids }
            faults.authorization = "ApiKey right"
            server.set(faults)
            uuids.formUnion(try await post(10, listener))
            try await soon { try await listener.get("/buffer").text.contains("answered 401") }
            faults.authorization = nil
            server.set(faults)
            try await soon { Set(server.documents.keys) == uuids }
        }
    }

    @Test func `an API key goes along`() async throws {
        var faults = BulkFaults()
        faults.authorization = "ApiKey c2VjcmV0"
        try await with(faults, ["ELASTICSEARCH_API_KEY": "c2VjcmV0"]) { listener, server, _ in
            let uuids = try await post(5, listener)
            try await soon { Set(server.documents.keys) == uuids }
        }
    }

    @Test func `a wrong API key is said, stores everything all the same, and is shown nowhere`() async throws {
        var faults = BulkFaults()
        faults.authorization = "ApiKey c2VjcmV0"
        try await with(faults, ["ELASTICSEARCH_API_KEY": "bm90LWl0"]) { listener, server, _ in
            _ = try await post(5, listener)
            try await soon { try await listener.get("/readyz").text.contains("401") }
            let ready = try await listener.get("/readyz")
            #expect(ready.status == 200 && server.documents.isEmpty)
            for path in ["/readyz", "/buffer", "/metrics"] {
                #expect(try await !listener.get(path).text.contains("bm90LWl0"))
            }
            // The right one on the server's side: nothing was lost.
            faults.authorization = "ApiKey bm90LWl0"
            server.set(faults)
            try await soon { server.documents.count == 5 }
        }
    }

    @Test func `a transaction that commits late is not passed`() async throws {
        try await with { listener, server, _ in
            let late = UUID()
            let (isOpen, mayCommit) = (SharedFlag(), SharedFlag())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await listener.pool.run { connection in
                        try connection.transaction { connection in
                            let event = Event(uuid: late, type: "late", action: "a", version: "1")
                            try connection.copy(EventRows.all([event]))
                            isOpen.set()
                            while !mayCommit.isSet {
                                _ = try connection.query("SELECT 1")
                                usleep(20_000)
                            }
                        }
                    }
                }
                try await soon { isOpen.isSet }
                // Their transactions are newer and committed; they wait all the same.
                let after = try await post(50, listener)
                // Nobody can take them yet, but that they wait can be seen.
                try await soon { try await lag(listener) ?? 0 > 0.5 }
                #expect(server.documents.isEmpty)
                mayCommit.set()
                try await group.waitForAll()
                try await soon { server.documents.count == 51 }
                #expect(Set(server.documents.keys) == after.union([late.uuidString.lowercased()]))
                try await soon { try await lag(listener) == 0 }
            }
        }
    }

    @Test func `the reindex command begins anew`() async throws {
        try await with { listener, server, _ in
            _ = try await post(20, listener)
            try await soon { server.writes == 20 }
            try await soon {
                try await listener.pool.run {
                    try $0.query("SELECT count(*) FROM apilog.sink_cursor")[0].int64(0) == 1
                }
            }
            try await listener.pool.run { try IndexCursor.forget(on: $0) }
            try await soon { server.writes == 40 }
            #expect(server.documents.count == 20)
        }
    }
}

/// Runs something while it is on.
final class Switch: Sendable {
    private let isOn: Mutex<Bool>

    init(isOn: Bool) { self.isOn = Mutex(isOn) }

    func set(_ value: Bool) { isOn.withLock { $0 = value } }

    func run(_ body: @escaping @Sendable () async -> Void) async {
        while !Task.isCancelled {
            if isOn.withLock({ $0 }) {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await body() }
                    while isOn.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
                    group.cancelAll()
                }
            } else {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
