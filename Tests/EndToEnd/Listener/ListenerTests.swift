import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// event-listener from outside: killed, stopped, without its store, with a full disk, under more than it can take.
    @Suite struct ListenerTests {
        @Test func `kill -9 twenty times at random under load loses nothing that was acknowledged as stored`()
            async throws
        {
            try await withListener { listener in
                let load = EventLoad(listener)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await load.run() }
                    for _ in 0..<20 {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 20...500)))
                        let before = load.stored.count
                        try listener.replica.killAndRestart()
                        try await listener.replica.waitUntilReady(listener.http)
                        #expect(await eventually { load.stored.count > before })
                    }
                    #expect(await eventually { load.stored.count > 200 })
                    load.stop()
                }
                try await listener.expectKept(load)
            }
        }

        @Test func `SIGTERM under load loses nothing, neither stored nor queued`() async throws {
            for isDown in [false, true] {
                try await withListener(["IDLE_FLUSH": "10s", "MAX_AGE": "10s", "MAX_BATCH": "5000"]) { listener in
                    let load = EventLoad(listener, queuedShare: 0.5)
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await load.run() }
                        #expect(await eventually { load.stored.count > 50 && load.queued.count > 50 })
                        // Without its store, too: what was accepted then goes to the recovery log.
                        listener.proxy.isDown = isDown
                        #expect(await listener.replica.terminate() == 0)
                        load.stop()
                    }
                    listener.proxy.isDown = false
                    if isDown {
                        try listener.replica.start()
                        try await listener.replica.waitUntilReady(listener.http)
                    }
                    try await listener.expectKept(load)
                }
            }
        }

        @Test func `killed while its store is away, the recover command brings everything to the store`() async throws {
            try await withListener { listener in
                listener.proxy.isDown = true
                let load = EventLoad(listener)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await load.run() }
                    #expect(await eventually { load.stored.count > 100 })
                    listener.replica.kill()
                    load.stop()
                }
                listener.proxy.isDown = false
                #expect(try await listener.count() < load.stored.count)
                #expect(try await listener.run("recover").contains("1 folders"))
                try await listener.expectKept(load)
                #expect(try await listener.run("recover").contains(": 0 events stored"))
            }
        }

        /// A small disk of its own in a mount namespace that ends with the process.
        @Test(.enabled(if: MountNamespace.isAllowed, "needs the right to mount"))
        func `a full disk under the recovery log refuses new events and loses none`() async throws {
            let command = MountNamespace.command(
                #"mkdir -p "$RECOVERY_DIR" && mount -t tmpfs -o size=256k tmpfs "$RECOVERY_DIR""#)
            try await withListener(command: command) { listener in
                let load = EventLoad(listener, queuedShare: 0.3)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await load.run() }
                    #expect(await eventually { load.stored.count > 20 })
                    listener.proxy.isDown = true
                    #expect(await eventually { load.others[503] ?? 0 > 50 })
                    let answer = try await listener.http.get("\(listener.url)/buffer")
                    #expect(answer.text.contains("No space left on device"), "\(answer.text)")
                    // A check's result is kept for a moment.
                    let ready = "\(listener.url)/readyz"
                    #expect(try await eventually { try await listener.http.get(ready).status == 503 })
                    let before = load.stored.count
                    listener.proxy.isDown = false
                    #expect(await eventually { load.stored.count > before + 50 })
                    load.stop()
                }
                #expect(load.withoutRetryAfter == 0)
                try await listener.expectKept(load)
            }
        }

        @Test func `more than it can take: refusals, flat memory, and nothing accepted is lost`() async throws {
            try await withListener([
                "BUFFER_EVENTS": "5000", "BUFFER_BYTES": "8388608", "STORE_TIMEOUT": "300s",
            ]) { listener in
                _ = try await listener.http.post("\(listener.url)/events", EventListener.event(UUID()))
                listener.proxy.hang(true)
                let events = (0..<200).map { _ in EventListener.event(UUID(), padding: 1_000) }
                let array = "[\(events.joined(separator: ","))]"
                var statuses: [Int: Int] = [:]
                var full = 0
                for round in 0..<400 {
                    let body = array.replacingOccurrences(of: "x\"}", with: "\(round)\"}")
                    let answer = try await listener.http.post("\(listener.url)/events?ack=queued", body)
                    statuses[answer.status, default: 0] += 1
                    if answer.status == 429, full == 0 { full = listener.memory }
                }
                // The uuids repeat from round to round: they are stored once, and accepted as often as there was room.
                #expect(statuses[202] ?? 0 >= 10 && statuses[429] ?? 0 > 300 && statuses.count == 2, "\(statuses)")
                #expect(listener.memory < full + (24 << 20), "\(listener.memory >> 20) MB after \(full >> 20) MB")
                listener.proxy.hang(false)
                #expect(try await eventually { try await listener.count() == 201 })
            }
        }

        @Test func `a stream of 100 MB is stored while it arrives, in a few MB of memory`() async throws {
            try await withListener { listener in
                let lines = (0..<1_000).map { _ in EventListener.event(UUID(), padding: 880) }
                let block = Array((lines.joined(separator: "\n") + "\n").utf8)
                // The same thousand uuids over and over, so that the database of the test stays small.
                let size = TestEnvironment.isLong ? 100 << 20 : 20 << 20
                let path = listener.folder.appendingPathComponent("stream").path
                #expect(FileManager.default.createFile(atPath: path, contents: nil))
                let file = try #require(FileHandle(forWritingAtPath: path))
                for _ in 0..<(size / block.count) { try file.write(contentsOf: Data(block)) }
                try file.close()
                _ = try await listener.http.post("\(listener.url)/events", EventListener.event(UUID()))
                let before = listener.memory
                let peak = SharedPeak()
                let done = SharedFlag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while !done.isSet {
                            peak.note(listener.memory)
                            try? await Task.sleep(for: .milliseconds(20))
                        }
                    }
                    defer { done.set() }
                    try await shell(
                        "curl -fsS -H 'content-type: application/x-ndjson' -T '\(path)' -X POST "
                            + "'\(listener.url)/events' >'\(path).answer'")
                }
                let answer = try String(contentsOfFile: "\(path).answer", encoding: .utf8)
                #expect(
                    answer.hasPrefix(#"{"stored":1000,"duplicates":\#((size / block.count - 1) * 1_000),"#), "\(answer)"
                )
                #expect(peak.value < before + (32 << 20), "\(peak.value >> 20) MB, \(before >> 20) MB before")
            }
        }

        @Test func `the saga of a mission can be read from beginning to end`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...1)
                try await withListener([
                    "KAFKA_BROKERS": suite.broker.bootstrap, "KAFKA_SESSION_TIMEOUT": "4s",
                    "KAFKA_PROPERTIES": "fetch.wait.max.ms=2;heartbeat.interval.ms=300",
                ]) { listener in
                    let mission = try await suite.achieve(customer: 1)
                    try await suite.waitForCompleteRows(1, within: .seconds(60))
                    struct Page: Decodable {
                        struct Item: Decodable {
                            let action: String
                            let correlationID: String
                            enum CodingKeys: String, CodingKey {
                                case action = "event_action"
                                case correlationID = "correlation_id"
                            }
                        }
                        let items: [Item]
                    }
                    let expected = ["MissionAchieved", "Allocated", "MissionUpdated", "MessageUpdated"]
                    let isThere = try await eventually {
                        let answer = try await listener.http.get("\(listener.url)/events?missionId=\(mission)")
                        let page = try answer.decode(Page.self)
                        return Set(page.items.map(\.action)).isSuperset(of: expected)
                            && Set(page.items.map(\.correlationID)).count == 1
                    }
                    #expect(isThere)
                }
            }
        }
    }
}

/// The largest number that was seen.
final class SharedPeak: Sendable {
    private let peak = Mutex(0)
    var value: Int { peak.withLock { $0 } }
    func note(_ value: Int) { peak.withLock { $0 = max($0, value) } }
}
