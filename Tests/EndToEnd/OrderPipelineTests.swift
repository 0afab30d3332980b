import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// From a growing file to the windows' totals, by the Redis list and by the Kafka topic alike.
    @Suite struct OrderPipelineTests {
        typealias Via = OrderPipeline.Via

        /// What takes longest is done by both ways in make test-long, and by the list alone in make test.
        private static let outages: [Via] = TestEnvironment.isLong ? Via.allCases : [.redis]

        @Test(arguments: Via.allCases)
        func `Files that are renamed while 2,000 orders a second are written are counted to the last order`(
            via: Via
        ) async throws {
            try await withPipeline(via) { pipeline in
                // Far longer than the renames take, so that there is something to write after the last one.
                let generator = try pipeline.generate("--rate", "2000", "--count", "16000", "--seed", "1")
                for number in 1...4 {
                    try await Task.sleep(for: .milliseconds(550))
                    #expect(await eventually { pipeline.hasOrders })
                    try FileManager.default.moveItem(
                        at: pipeline.orders, to: pipeline.folder.appendingPathComponent("orders.jsonl.\(number)"))
                }
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(try pipeline.files().count == 5)
                #expect(expected.orders == 16_000)
                #expect(try await pipeline.expectCounted(expected) == expected)
            }
        }

        @Test(arguments: Via.allCases)
        func `A file that is copied and truncated is counted to the last order`(via: Via) async throws {
            try await withPipeline(via) { pipeline in
                let generator = try pipeline.generate("--rate", "2000", "--count", "4000", "--seed", "2")
                for number in 1...2 {
                    try await Task.sleep(for: .milliseconds(500))
                    #expect(await eventually { pipeline.hasOrders || !generator.isRunning })
                    // What is written between copy and truncation is lost by nature: the generator stands still.
                    generator.signal(SIGSTOP)
                    let copy = pipeline.folder.appendingPathComponent("orders.jsonl.\(number)")
                    try FileManager.default.copyItem(at: pipeline.orders, to: copy)
                    #expect(truncate(pipeline.orders.path, 0) == 0)
                    generator.signal(SIGCONT)
                }
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(expected.orders == 4000)
                #expect(try await pipeline.expectCounted(expected) == expected)
            }
        }

        @Test(arguments: Via.allCases)
        func `A file that gets the inode of a removed one is another file`(via: Via) async throws {
            // Another process may be quicker to take the inode, and keep it.
            for _ in 0..<5 {
                if try await Self.giveInodeToAnother(via) { return }
            }
            Issue.record("the file system gave the inode to nobody here")
        }

        /// - Returns: `false` if the inode went to somebody else.
        private static func giveInodeToAnother(_ via: Via) async throws -> Bool {
            let wasGiven = SharedFlag()
            try await withPipeline(via) { pipeline in
                let first = (0..<300).map { _ in orderLine("jeongja") }.joined()
                try pipeline.append(first)
                #expect(try await pipeline.expectCounted(OrderTally(lines: first)) == OrderTally(lines: first))
                pipeline.collector.kill()
                let inode = try Self.inode(pipeline.orders)
                try FileManager.default.removeItem(at: pipeline.orders)
                // The new one is longer than what was read of the old one, and begins differently.
                let second = (0..<400).map { _ in orderLine("migeum") }.joined()
                try pipeline.append(second)
                var spares: [URL] = []
                while try Self.inode(pipeline.orders) != inode, spares.count < 200 {
                    let spare = pipeline.folder.appendingPathComponent("spare-\(spares.count)")
                    try FileManager.default.moveItem(at: pipeline.orders, to: spare)
                    spares.append(spare)
                    try pipeline.append(second)
                }
                guard try Self.inode(pipeline.orders) == inode else { return }
                wasGiven.set()
                try pipeline.collector.start()
                let expected = OrderTally(lines: first + second)
                #expect(try await pipeline.expectCounted(expected) == expected)
            }
            return wasGiven.isSet
        }

        @Test(arguments: Via.allCases)
        func `The collector killed ten times loses nothing and counts nothing twice`(via: Via) async throws {
            try await withPipeline(via) { pipeline in
                let generator = try pipeline.generate(
                    "--rate", "2000", "--count", "8000", "--seed", "3", "--no-timestamps")
                for _ in 0..<10 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...500)))
                    try pipeline.collector.killAndRestart()
                }
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(expected.orders == 8000)
                #expect(try await pipeline.expectCounted(expected) == expected)
            }
        }

        @Test(arguments: Via.allCases)
        func `The statistics killed ten times lose nothing and count nothing twice`(via: Via) async throws {
            try await withPipeline(via) { pipeline in
                let generator = try pipeline.generate("--rate", "2000", "--count", "8000", "--seed", "4")
                for round in 0..<10 {
                    // By the topic some of the lives must be long enough to join the group.
                    let pause = via == .kafka && round == 0 ? 3500 : Int.random(in: 100...500)
                    try await Task.sleep(for: .milliseconds(pause))
                    try pipeline.statistics.killAndRestart()
                }
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(try await pipeline.expectCounted(expected) == expected)
                #expect(try await pipeline.redis.total("counted") == 8000)
            }
        }

        @Test(arguments: Via.allCases)
        func `Two replicas of the statistics count each order once, also when one of them is killed`(
            via: Via
        ) async throws {
            try await withPipeline(via) { pipeline in
                let port = try FreePort.any()
                let second = pipeline.statistics.copy(
                    name: "order-statistics-2", port: port, overriding: ["HTTP_PORT": "\(port)"])
                defer { second.kill() }
                try second.start()
                for replica in [pipeline.statistics, second] { try await replica.waitUntilJoined(pipeline.http) }
                let generator = try pipeline.generate("--rate", "2000", "--count", "8000", "--seed", "7")
                let hasBegun = await eventually { (try? await pipeline.redis.total("counted")) ?? 0 > 1000 }
                #expect(hasBegun)
                pipeline.statistics.kill()
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(expected.orders == 8000)
                #expect(try await pipeline.expectCounted(expected) == expected, "\(second.tail)")
                #expect(try await pipeline.redis.total("counted") == 8000)
                #expect(try await pipeline.redis.total("late") == 0)
            }
        }

        @Test(arguments: outages)
        func `Redis restarted, and away for ten seconds, costs no order`(via: Via) async throws {
            try await withPipeline(via) { pipeline in
                let generator = try pipeline.generate("--rate", "1000", "--count", "14000", "--seed", "5")
                try await Task.sleep(for: .seconds(1))
                try await pipeline.redis.restart()
                try await Task.sleep(for: .seconds(1))
                await pipeline.redis.stop()
                try await Task.sleep(for: .seconds(10))
                #expect(try await pipeline.http.get("\(pipeline.statistics.url)/livez").status == 200)
                try await pipeline.redis.start()
                #expect(await eventually { generator.exitStatus == 0 })
                let expected = try OrderTally(files: try pipeline.files())
                #expect(try await pipeline.expectCounted(expected) == expected)
            }
        }

        @Test(arguments: Via.allCases)
        func `Lines that are no orders are set aside with their place, and the rest is unharmed`(
            via: Via
        ) async throws {
            try await withPipeline(via) { pipeline in
                let good = orderLine("seohyeon")
                var file: [UInt8] = []
                var places: [String: Int] = [:]
                func add(_ bytes: [UInt8], as reason: String? = nil) {
                    if let reason { places[reason] = file.count }
                    file += bytes
                }
                add(Array(good.utf8))
                add(Array("this is no order\n".utf8), as: "not-a-json-object")
                add(Array(good.utf8))
                add([0x0A], as: "empty-line")
                add(Array(repeating: UInt8(ascii: "x"), count: 1_000_000) + [0x0A], as: "line-too-long")
                add(Array(good.utf8))
                add(Array(#"{"branch":"su"#.utf8) + [0xC3, 0x28] + Array("\"}\n".utf8), as: "not-utf-8")
                add(Array(orderLine("atlantis").utf8), as: "unknown-branch")
                add(Array(orderLine(coffees: ["Tea"]).utf8), as: "unknown-coffee")
                add(Array(orderLine(coffees: []).utf8), as: "wrong-number-of-coffees")
                add(Array(good.utf8.prefix(20)))
                try pipeline.append(file)
                let three = OrderTally(lines: good + good + good)
                #expect(try await pipeline.expectCounted(three) == three)
                // The line that was written halfway is an order once it is whole.
                try pipeline.append(Array(good.utf8.dropFirst(20)))
                let four = OrderTally(lines: good + good + good + good)
                #expect(try await pipeline.expectCounted(four) == four)
                #expect(await eventually { (try? await pipeline.redis.total("set-aside")) == places.count })
                struct Page: Decodable {
                    struct Item: Decodable { let id: String?, reason: String }
                    let items: [Item]
                }
                let page: Page = try await pipeline.http.get("\(pipeline.statistics.url)/set-aside").decode()
                #expect(page.items.count == places.count)
                for item in page.items {
                    let place = try #require(places[item.reason], "\(item.reason)")
                    #expect(item.id?.hasSuffix(":\(place)") == true, "\(item.reason) at \(item.id ?? "-")")
                }
            }
        }

        @Test(arguments: Via.allCases)
        func `A window closes without new data; late orders within the grace correct it, later ones count as late`(
            via: Via
        ) async throws {
            try await withPipeline(via, settings: ["WINDOW": "2s", "GRACE": "15s"]) { pipeline in
                // An order must not be late because nobody reads the topic yet.
                try await pipeline.statistics.waitUntilJoined(pipeline.http)
                let start = (Date().timeIntervalSince1970 / 2).rounded(.down) * 2
                try pipeline.append(orderLine("sunae", at: start + 0.5))
                let closed = await eventually {
                    let metrics = (try? await pipeline.http.get("\(pipeline.statistics.url)/metrics"))?.text ?? ""
                    return metrics.contains("order_windows_closed_total 1")
                }
                #expect(closed, "no window was closed: \(pipeline.statistics.tail)")
                let date = WindowDate(seconds: Int64(start))
                let key = StatisticsKeys.counts("sunae", date, .paymentMethods)
                #expect(try await pipeline.redis.command("HGET", key, "Cash").optionalString() == "1")
                try pipeline.append(orderLine("sunae", at: start + 1))
                let isCorrected = await eventually {
                    (try? await pipeline.redis.command("HGET", key, "Cash").optionalString()) == "2"
                }
                #expect(isCorrected)
                _ = await eventually { Date().timeIntervalSince1970 > start + 2 + 15 + 0.5 }
                try pipeline.append(orderLine("sunae", at: start + 1.5))
                #expect(await eventually { (try? await pipeline.redis.total("late")) == 1 })
                #expect(try await pipeline.redis.command("HGET", key, "Cash").optionalString() == "2")
            }
        }

        private static func inode(_ file: URL) throws -> UInt64 {
            var status = stat()
            guard stat(file.path, &status) == 0 else { throw TestFailure("no \(file.path)") }
            return UInt64(status.st_ino)
        }
    }
}
