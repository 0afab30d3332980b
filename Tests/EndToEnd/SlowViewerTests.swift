import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// Viewers of the dashboard that do not read.
    @Suite struct SlowViewerTests {
        private static let rounds = 100

        /// What the rounds came to.
        private struct Flood {
            /// Bytes that a viewer who reads was sent.
            var offered = 0
            /// The most that waited in the kernel for the one who does not.
            var waiting = 0
            /// How long it took the one who reads to see each round.
            var delays: [Duration] = []
            var median: Duration { delays.sorted()[delays.count / 2] }
        }

        @Test func `A viewer that reads nothing costs little, harms nobody, and is then brought up to date`()
            async throws
        {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                let quick = try Viewer(port: pipeline.dashboard.port)
                #expect(await Self.sees(quick, "event: snapshot"))
                // How quick the machine is without it.
                let control = try await Self.flood(pipeline, -29...0, nil, quick).median
                let silent = try Viewer(port: pipeline.dashboard.port, receiveBuffer: 4096)
                let memory = pipeline.dashboard.memory
                let flood = try await Self.flood(pipeline, 1...Self.rounds, silent, quick)
                let grown = pipeline.dashboard.memory - memory
                #expect(flood.offered > 2 << 20, "only \(flood.offered) bytes were offered")
                #expect(flood.waiting > 0 && flood.waiting <= 128 << 10, "\(flood.waiting) bytes waited in the kernel")
                #expect(grown < 12 << 20, "\(grown) bytes more in the process")
                #expect(flood.median < control * 2 + .milliseconds(500), "others are as quick as ever")
                // It reads again: first what was on its way to it, then the present as a whole, not all in between.
                #expect(await Self.sees(silent, Self.mark(Self.rounds)))
                let text = silent.text
                #expect(text.utf8.count < flood.offered / 4, "\(text.utf8.count) of \(flood.offered) bytes")
                let states = (1...Self.rounds).filter { text.contains(Self.mark($0)) }
                #expect(states.count < Self.rounds / 2, "\(states.count) states")
                silent.forget()
                try await Self.publish(Self.rounds + 1, pipeline)
                #expect(await Self.sees(silent, Self.mark(Self.rounds + 1)), "it goes on like any other")
                silent.close()
                quick.close()
            }
        }

        /// Changes every window again and again: some hundred kilobytes a second for each viewer.
        private static func flood(
            _ pipeline: OrderPipeline, _ rounds: ClosedRange<Int>, _ silent: Viewer?, _ quick: Viewer
        ) async throws -> Flood {
            var flood = Flood()
            for round in rounds {
                try await publish(round, pipeline)
                let published = ContinuousClock.now
                guard await sees(quick, mark(round)) else { throw TestFailure("round \(round) is not shown") }
                flood.delays.append(published.duration(to: .now))
                flood.offered += quick.bytes.count
                quick.forget()
                guard let silent else { continue }
                flood.waiting = max(flood.waiting, try silent.waiting(from: pipeline.dashboard.port))
            }
            return flood
        }

        private static func sees(_ viewer: Viewer, _ text: String) async -> Bool {
            await eventually(every: .milliseconds(5)) {
                viewer.read()
                return viewer.text.contains(text)
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
