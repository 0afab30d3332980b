import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// Viewers of the dashboard that do not read.
    @Suite struct SlowViewerTests {
        @Test func `A viewer that reads nothing costs little, harms nobody, and is then brought up to date`()
            async throws
        {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                let port = pipeline.dashboard.port
                let silent = try Viewer(port: port, receiveBuffer: 4096)
                let quick = try Viewer(port: port)
                defer {
                    silent.close()
                    quick.close()
                }
                #expect(await eventually { quick.holds("event: snapshot") })
                let memory = pipeline.dashboard.memory
                // Every window changes several times a second: some hundred kilobytes a second for each viewer.
                var (offered, most, latest) = (0, 0, 0)
                var waits: [Duration] = []
                for round in 1...100 {
                    try await Self.publish(round, pipeline)
                    let published = ContinuousClock.now
                    let isSeen = await eventually(within: .seconds(5), every: .milliseconds(5)) {
                        quick.holds(Self.mark(round))
                    }
                    #expect(isSeen, "round \(round)")
                    waits.append(published.duration(to: .now))
                    offered += quick.bytes.count
                    quick.forget()
                    most = max(most, try silent.waiting(from: port))
                    latest = round
                }
                #expect(offered > 2 << 20, "only \(offered) bytes were offered")
                #expect(most > 0 && most <= 128 << 10, "\(most) bytes waited in the kernel")
                #expect(waits.sorted()[waits.count / 2] < .milliseconds(500), "the others are as quick as ever")
                let grown = pipeline.dashboard.memory - memory
                #expect(grown < 12 << 20, "\(grown) bytes more in the process")
                // It reads again: at first what was on its way to it, then the present as a whole, not all in between.
                #expect(await eventually { silent.holds(Self.mark(latest)) })
                #expect(silent.bytes.count < offered / 4, "\(silent.bytes.count) of \(offered) bytes")
                let seen = (1...latest).filter { silent.text.contains(Self.mark($0)) }
                #expect(seen.count < latest / 2, "\(seen.count) of \(latest) states")
                silent.forget()
                try await Self.publish(latest + 1, pipeline)
                #expect(await eventually { silent.holds(Self.mark(latest + 1)) }, "it goes on like any other")
            }
        }

        /// Changes every window of every branch, as order-statistics tells it.
        private static func publish(_ round: Int, _ pipeline: OrderPipeline) async throws {
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            let counts = StatisticsType.allCases.map { type in
                let entries = type.names.map { #""\#($0)":\#(1_000_000 + round)"# }.joined(separator: ",")
                return #""\#(type.rawValue)":{\#(entries)}"#
            }.joined(separator: ",")
            for branch in OrderCatalogue.branches {
                for back in Int64(0)..<20 {
                    let date = WindowDate(containing: now - back * 30_000, length: 30)
                    let body = #"{"branch":"\#(branch)","date":"\#(date)","counts":{\#(counts)}}"#
                    _ = try await pipeline.redis.command(
                        "PUBLISH", StatisticsKeys.channel, #"{"header":"PUBLISH_STATISTICS","body":\#(body)}"#)
                }
            }
        }

        private static func mark(_ round: Int) -> String { #""Americano":\#(1_000_000 + round)"# }
    }
}

extension Viewer {
    /// Whether this stands in what has been read by now.
    func holds(_ text: String) -> Bool {
        read()
        return self.text.contains(text)
    }
}
