import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// A collector that sends lines different ways: by their branch, and to whichever sink is there.
    @Suite struct CollectorRoutingTests {
        @Test func `Lines go by their branch into rolling files or to a hub, and past the hub while it is away`()
            async throws
        {
            let hubPort = try FreePort.any()
            let archive = NSTemporaryDirectory() + "archive-\(UInt32.random(in: 0 ... .max))"
            defer { try? FileManager.default.removeItem(atPath: archive) }
            try await withPipeline(.redis, yaml: Self.agent(hub: hubPort, archive: archive)) { pipeline in
                let hub = try Self.hub(pipeline, port: hubPort)
                defer { hub.kill() }
                try hub.start()
                try await hub.waitUntilReady(pipeline.http)
                let generator = try pipeline.generate("--rate", "1500", "--count", "6000", "--seed", "6")
                var more = try await Self.waitForSent(pipeline, "hub", while: generator)
                hub.kill()
                more += try await Self.waitForSent(pipeline, "list", while: generator)
                try pipeline.collector.killAndRestart()
                more += try await Self.waitForSent(pipeline, "list", while: generator)
                try hub.start()
                // The first of the list is used again once its penalty is over.
                more += try await Self.waitForSent(pipeline, "hub", while: generator)
                #expect(await eventually { generator.exitStatus == 0 })

                let lines = try pipeline.files().map { try String(contentsOf: $0, encoding: .utf8) }.joined()
                    .split(separator: "\n")
                let (near, far) = (lines.filter(Self.isArchived), lines.filter { !Self.isArchived($0) })
                #expect(near.count + far.count == 6000 + more && near.count > 1000)
                let expected = OrderTally(lines: far.joined(separator: "\n"))
                #expect(
                    try await pipeline.expectCounted(expected) == expected, "\(pipeline.collector.tail) \(hub.tail)")
                try await Self.expectArchive(archive, near)
            }
        }

        private static func isArchived(_ line: Substring) -> Bool { line.contains(#""branch":"sunae""#) }

        /// Every line is in the files; one that is there twice has the same id, for the collector was killed.
        private static func expectArchive(_ folder: String, _ lines: [Substring]) async throws {
            struct Line: Decodable { let id: String, branch: String }
            var ids: Set<String> = []
            var files: [String] = []
            let isComplete = try await eventually {
                files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                ids = []
                for file in files {
                    let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                    // What stands behind the last line feed is being written.
                    for line in text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n") {
                        let order = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
                        #expect(order.branch == "sunae")
                        ids.insert(order.id)
                    }
                }
                return ids.count == lines.count
            }
            #expect(isComplete, "\(ids.count) of \(lines.count) lines in \(files.count) files")
            #expect(files.count > 3 && files.allSatisfy { $0.hasPrefix("sunae-") && $0.hasSuffix(".jsonl") })
        }

        /// Waits until a sink of the running collector has delivered lines; should the generator be at its end before,
        /// there are some more; returns how many.
        private static func waitForSent(
            _ pipeline: OrderPipeline, _ sink: String, while generator: ChildProcess
        ) async throws -> Int {
            var more = 0
            let isThere = try await eventually(every: .milliseconds(50)) {
                if !generator.isRunning {
                    try pipeline.append(orderLine("jeongja"))
                    more += 1
                }
                let metrics = (try? await pipeline.http.get("\(pipeline.collector.url)/metrics"))?.text ?? ""
                let name = "collector_lines_sent_total{sink=\"\(sink)\"} "
                let line = metrics.split(separator: "\n").first { $0.hasPrefix(name) }
                return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0 > 0
            }
            guard isThere else { throw TestFailure("\(sink) delivers nothing: \(pipeline.collector.tail)") }
            return more
        }

        private static func agent(hub: Int, archive: String) -> String {
            """
            sources:
              orders:
                type: file
                path: ${ORDERS_FILE}
                interceptors:
                  - {type: regex-extractor, pattern: '"branch":"(\\w+)"', headers: [branch]}
                selector: {type: multiplexing, header: branch, mapping: {sunae: [near]}, otherwise: [far]}
                channels: [near, far]
            channels:
              near: {type: memory}
              far: {type: memory}
            sinks:
              archive: {type: files, folder: "\(archive)", prefix: sunae, rollBytes: 20kB, channel: near, batch: 100}
              hub: {type: http, url: "http://127.0.0.1:\(hub)/sources/agents/lines"}
              list: {type: redis}
            groups:
              out: {type: failover, sinks: [hub, list], channel: far, penalty: 200ms, batch: 100}
            """
        }

        private static func hub(_ pipeline: OrderPipeline, port: Int) throws -> Replica {
            let yaml = """
                sources:
                  agents: {type: http, channels: [disk]}
                channels:
                  disk: {type: file}
                sinks:
                  list: {type: redis, channel: disk}
                """
            let config = pipeline.folder.appendingPathComponent("hub.yaml")
            try yaml.write(to: config, atomically: true, encoding: .utf8)
            return pipeline.collector.copy(
                name: "hub", port: port,
                overriding: [
                    "HTTP_PORT": "\(port)", "COLLECTOR_CONFIG": config.path,
                    "COLLECTOR_STATE": pipeline.folder.appendingPathComponent("hub-state").path,
                ])
        }
    }
}
