import BulkServer
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Two replicas of event-listener and one search index.
    @Suite struct FollowerTests {
        private struct Buffer: Decodable {
            struct Sinks: Decodable { let elasticsearch: Sink }
            struct Sink: Decodable {
                let state: String
                let lagSeconds: Double?
            }
            let sinks: Sinks
        }

        /// Whether a replica brings events to the index, as it says itself; `nil` when it does not answer.
        private func sink(_ replica: Replica, _ http: TestHTTP) async -> (state: String, lag: Double?)? {
            guard let answer = try? await http.get("\(replica.url)/buffer"),
                let sink = try? answer.decode(Buffer.self).sinks.elasticsearch
            else { return nil }
            return (sink.state, sink.lagSeconds)
        }

        /// A killed one is gone for the database at once; of one that merely stands still it must notice.
        @Test(arguments: TestEnvironment.isLong ? [SIGKILL, SIGSTOP] : [SIGKILL])
        func `One follows, the other takes over when it is gone, and each event is indexed once`(
            signal: Int32
        ) async throws {
            let server = BulkServer(port: try FreePort.any())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                // What takes longer than that is written once more; who stands still is replaced 15 s after it.
                let settings = ["ELASTICSEARCH_URL": server.url, "ELASTICSEARCH_TIMEOUT": "10s"]
                try await withListener(settings) { listener in
                    let second = try listener.another()
                    defer {
                        second.signal(SIGCONT)
                        second.kill()
                    }
                    try second.start()
                    try await second.waitUntilReady(listener.http)
                    try await takeOver(listener, second, server, signal)
                }
                group.cancelAll()
                try? await group.waitForAll()
            }
        }

        private func takeOver(
            _ listener: EventListener, _ second: Replica, _ server: BulkServer, _ signal: Int32
        ) async throws {
            let (first, http) = (listener.replica, listener.http)
            let isDivided = await eventually {
                let states = [await sink(first, http)?.state, await sink(second, http)?.state]
                return states.contains("up") && states.contains("standby")
            }
            #expect(isDivided, "exactly one follows")
            let (active, standby) = await sink(first, http)?.state == "up" ? (first, second) : (second, first)
            var uuids = try await post(200, to: standby, http)
            #expect(await eventually { server.documents.count == uuids.count })
            #expect(server.writes == uuids.count, "nobody else has written the same")
            #expect(await eventually { await sink(standby, http)?.lag == 0 })

            // While the index is away it is seen how much waits, by whoever is asked; then the follower goes.
            var faults = BulkFaults()
            faults.status = 503
            server.set(faults)
            uuids.formUnion(try await post(300, to: standby, http))
            #expect(await eventually { await sink(standby, http)?.lag ?? 0 > 1 })
            active.signal(signal)
            server.set(BulkFaults())
            let begin = ContinuousClock.now
            #expect(await eventually { await sink(standby, http)?.state == "up" })
            if signal == SIGKILL { #expect(begin.duration(to: .now) < .seconds(20)) }
            uuids.formUnion(try await post(200, to: standby, http))
            #expect(await eventually { server.documents.count == uuids.count })
            #expect(await eventually { await sink(standby, http)?.lag == 0 })

            // The old one comes back, and only one follows again.
            if signal == SIGKILL { try active.start() } else { active.signal(SIGCONT) }
            #expect(await eventually { await sink(active, http)?.state == "standby" })
            uuids.formUnion(try await post(100, to: active, http))
            #expect(await eventually { server.documents.count == uuids.count })
            #expect(Set(server.documents.keys) == uuids)
            #expect(server.documents.allSatisfy { $1.contains(#""uuid":"\#($0)""#) }, "an event's id is its document's")
        }

        private func post(_ count: Int, to replica: Replica, _ http: TestHTTP) async throws -> Set<String> {
            let uuids = (0..<count).map { _ in UUID() }
            let lines = uuids.map { EventListener.event($0) }.joined(separator: "\n")
            let answer = try await http.post(
                "\(replica.url)/events", lines, headers: ["content-type": "application/x-ndjson"])
            #expect(answer.text.hasPrefix(#"{"stored":\#(count)"#), "\(answer.text)")
            return Set(uuids.map { $0.uuidString.lowercased() })
        }
    }
}
