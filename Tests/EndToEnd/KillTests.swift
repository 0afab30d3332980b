import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct KillTests {
        /// Telegram's limits out of the way, so that 2,000 messages go out within the test.
        private static let settings = [
            "telegram": [
                "TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000", "SEND_CONCURRENCY": "8",
            ]
        ]

        @Test func `kill -9 of any service at random moments loses nothing and doubles nothing`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...100)
                let kills = SharedCounter()
                let telegramKills = SharedCounter()
                let isDone = SharedFlag()
                let ids = try await withThrowingTaskGroup(of: Set<Int64>.self) { group in
                    group.addTask {
                        defer { isDone.set() }
                        return try await Load(suite: suite, count: 2_000, customers: 100).run()
                    }
                    group.addTask {
                        // At least fifteen kills, three of each service; more while the load runs.
                        while kills.value < 15 || !isDone.isSet {
                            let number = kills.increment()
                            let service = GameSuite.services[number % GameSuite.services.count]
                            try await Task.sleep(for: .milliseconds(Int.random(in: 50...600)))
                            if service == "telegram" { telegramKills.increment() }
                            try suite[service].killAndRestart()
                            try await suite[service].waitUntilReady(suite.http)
                        }
                        return []
                    }
                    return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
                }
                #expect(ids.count == 2_000)
                try await suite.settle(missions: 2_000)
                let inFlight = telegramKills.value * 8
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: inFlight)
            }
        }

        /// 0 when the replica does not answer now.
        private static func completeRows(_ suite: GameSuite, _ mypage: Replica) async throws -> Int {
            do {
                let rows: [MypageView] = try await suite.list("\(mypage.url)/mypages")
                return rows.count(where: \.isComplete)
            } catch {
                return 0
            }
        }

        @Test func `replicas that are stopped for 20 s are replaced meanwhile and harm nothing afterwards`()
            async throws
        {
            try await withSuite(replicas: 2, settings: Self.settings) { suite in
                try await suite.linkChats(1...100)
                let stop: Duration = .seconds(20)
                let others = suite.replicas(of: "mission").dropFirst()
                // One replica of each service in the middle of work: the others take over.
                let accepted = SharedCounter()
                async let before = Load(suite: suite, count: 300, customers: 100, via: Array(others))
                    .run { _ in accepted.increment() }
                #expect(await eventually { accepted.value >= 50 })
                for service in GameSuite.services { suite[service].signal(SIGSTOP) }
                let begin = ContinuousClock.now
                var ids = try await before
                ids.formUnion(
                    try await Load(suite: suite, count: 300, customers: 100, via: Array(others), name: "meanwhile")
                        .run())
                let mypage = suite.replicas(of: "mypage")[1]
                // They stay stopped until then: the others must do without them.
                let isComplete = try await eventually(within: stop * 6, every: .milliseconds(200)) {
                    try await Self.completeRows(suite, mypage) == 600
                }
                #expect(isComplete, "the other replicas did not take over while the first ones were stopped")
                try await Task.sleep(until: begin + stop)
                for service in GameSuite.services { suite[service].signal(SIGCONT) }
                ids.formUnion(try await Load(suite: suite, count: 100, customers: 100, name: "after").run())
                try await suite.settle(missions: 700)
                // What a stopped replica had in flight: it sends at most eight at once.
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 8)
            }
        }
    }
}
