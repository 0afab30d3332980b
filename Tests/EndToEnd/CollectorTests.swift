import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Collectors that hand on to collectors, and their other sources.
    @Suite struct CollectorTests {
        @Test func `Two agents hand on to a third that is killed, and every order counts once`() async throws {
            let yaml = """
                sources:
                  agents: {type: http, channels: [disk]}
                channels:
                  disk: {type: file}
                sinks:
                  list: {type: redis, channel: disk}
                """
            try await withPipeline(.redis, yaml: yaml) { pipeline in
                var agents: [Replica] = []
                defer { for agent in agents { agent.kill() } }
                var generators: [ChildProcess] = []
                for number in 1...2 {
                    let file = pipeline.folder.appendingPathComponent("orders.jsonl-agent-\(number)").path
                    let config = pipeline.folder.appendingPathComponent("agent-\(number).yaml")
                    try Self.agent(file: file, port: pipeline.collector.port)
                        .write(to: config, atomically: true, encoding: .utf8)
                    let port = try FreePort.any()
                    let agent = pipeline.collector.copy(
                        name: "agent-\(number)", port: port,
                        overriding: [
                            "HTTP_PORT": "\(port)",
                            "COLLECTOR_CONFIG": config.path,
                            "COLLECTOR_STATE": pipeline.folder.appendingPathComponent("state-\(number)").path,
                        ])
                    try agent.start()
                    agents.append(agent)
                    guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
                    generators.append(
                        try ChildProcess(
                            "\(bin)/order-generator",
                            ["--file", file, "--rate", "1000", "--count", "3000", "--seed", "\(number)"],
                            environment: [:], log: pipeline.folder.appendingPathComponent("generator.log")))
                }
                // Each kill comes some lines after the one before it, so that all of them come while lines do.
                var mark = 0
                for _ in 0..<5 {
                    mark += Int.random(in: 400...1_000)
                    #expect(try await eventually { try Self.lines(of: pipeline.files()) >= mark })
                    try pipeline.collector.killAndRestart()
                }
                try await pipeline.collector.waitUntilReady(pipeline.http)
                #expect(await eventually { generators.allSatisfy { $0.exitStatus == 0 } })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(expected.orders == 6000)
                #expect(
                    try await pipeline.expectCounted(expected) == expected,
                    "\(pipeline.collector.tail) \(agents.map(\.tail))")
            }
        }

        private static func lines(of files: [URL]) throws -> Int {
            try files.reduce(0) { $0 + (try Data(contentsOf: $1)).count { $0 == 0x0A } }
        }

        /// Two sinks that take turns: what one may have taken the other gets as well, and out of order.
        private static func agent(file: String, port: Int) -> String {
            """
            sources:
              orders: {type: file, path: "\(file)", channels: [main]}
            channels:
              main: {type: memory}
            sinks:
              one: {type: http, url: "http://127.0.0.1:\(port)/sources/agents/lines"}
              two: {type: http, url: "http://127.0.0.1:\(port)/sources/agents/lines"}
            groups:
              both: {type: load-balancing, sinks: [one, two], channel: main, penalty: 100ms, batch: 100}
            """
        }

        @Test(arguments: OrderPipeline.Via.allCases)
        func `Metrics tell what was read, sent and waits, and how many bytes of the file are behind`(
            via: OrderPipeline.Via
        ) async throws {
            try await withPipeline(via) { pipeline in
                let lines = (0..<1000).map { _ in orderLine() }.joined()
                func metric(_ name: String) async throws -> Int? {
                    let text = try await pipeline.http.get("\(pipeline.collector.url)/metrics").text
                    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name){") }
                    return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
                }
                func isTold(read: Int, sent: Int, waiting: Int, behind: Int) async throws -> Bool {
                    try await eventually {
                        let told = try await [
                            metric("collector_lines_read_total"), metric("collector_lines_sent_total"),
                            metric("collector_lines_waiting"), metric("collector_lag_bytes"),
                        ]
                        return told == [read, sent, waiting, behind]
                    }
                }
                try pipeline.append(lines)
                #expect(try await isTold(read: 1000, sent: 1000, waiting: 0, behind: 0))
                try await pipeline.cutSink()
                try pipeline.append(lines)
                #expect(try await isTold(read: 2000, sent: 1000, waiting: 1000, behind: lines.utf8.count))
                try await pipeline.restoreSink()
                #expect(try await isTold(read: 2000, sent: 2000, waiting: 0, behind: 0))
            }
        }

        @Test func `Orders also come by a command, a folder, syslog and HTTP, each once`() async throws {
            let port = try FreePort.any()
            let spool = NSTemporaryDirectory() + "spool-\(UInt32.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: spool) }
            let yaml = """
                sources:
                  shell:
                    type: command
                    command: |
                      echo '\(orderLine("jeongja").dropLast())'
                    restart: false
                    channels: [main]
                  folder: {type: spool, folder: "\(spool)", every: 50ms, channels: [main]}
                  log: {type: syslog, port: \(port), channels: [main]}
                  web:
                    type: http
                    channels: [main]
                    interceptors: [{type: regex-filter, pattern: atlantis, exclude: true}]
                channels:
                  main: {type: file}
                sinks:
                  list: {type: redis, channel: main}
                """
            try await withPipeline(.redis, yaml: yaml) { pipeline in
                try orderLine("seohyeon").write(toFile: "\(spool)/.part", atomically: false, encoding: .utf8)
                try FileManager.default.moveItem(atPath: "\(spool)/.part", toPath: "\(spool)/one.jsonl")
                try Self.send("<13>1 2026-01-31T12:00:00Z host shop - - - \(orderLine("sunae"))", port: port)
                let answer = try await pipeline.http.post(
                    "\(pipeline.collector.url)/sources/web/lines", orderLine("migeum") + orderLine("atlantis"))
                #expect(answer.status == 200 && answer.text == #"{"accepted":2}"#)
                let expected = OrderTally(
                    lines: orderLine("jeongja") + orderLine("seohyeon") + orderLine("sunae") + orderLine("migeum"))
                #expect(try await pipeline.expectCounted(expected) == expected, "\(pipeline.collector.tail)")
                #expect(await eventually { FileManager.default.fileExists(atPath: "\(spool)/one.jsonl.done") })
                #expect(try await pipeline.redis.total("set-aside") == 0, "the filter left it out")
            }
        }

        @Test func `A configuration's fault is told with its line, and the collector does not start`() async throws {
            guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
            let file = URL(fileURLWithPath: NSTemporaryDirectory() + "fault-\(UInt32.random(in: 0 ... .max)).yaml")
            defer { try? FileManager.default.removeItem(at: file) }
            try "sources:\n  a:\n    type: file\n    pth: x\n".write(to: file, atomically: true, encoding: .utf8)
            let check = try ChildProcess(
                "\(bin)/order-collector", ["check", file.path], environment: [:],
                log: file.appendingPathExtension("log"))
            #expect(await eventually { !check.isRunning })
            #expect(check.exitStatus == 78)
            #expect(check.tail().contains("\(file.path):3: sources.a lacks path"), "\(check.tail())")
        }

        private static func send(_ text: String, port: Int) throws {
            let descriptor = try Viewer.connected(to: port)
            defer { Glibc.close(descriptor) }
            let bytes = Array(text.utf8)
            guard write(descriptor, bytes, bytes.count) == bytes.count else { throw TestFailure("not sent") }
        }
    }
}
