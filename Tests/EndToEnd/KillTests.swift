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
                        // At least twelve kills, three of each service; more while the load runs.
                        while kills.value < 12 || !isDone.isSet {
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

        @Test func `a replica that is stopped for 20 s is replaced meanwhile and harms nothing afterwards`()
            async throws
        {
            try await withSuite(replicas: 2, settings: Self.settings) { suite in
                try await suite.linkChats(1...100)
                let ids = try await withThrowingTaskGroup(of: Set<Int64>.self) { group in
                    group.addTask { try await Load(suite: suite, count: 500, customers: 100).run() }
                    group.addTask {
                        // One replica of each service, all at once: the others take over.
                        for service in GameSuite.services where service != "mission" {
                            suite[service].signal(SIGSTOP)
                        }
                        return []
                    }
                    return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
                }
                // While they are stopped, everything completes.
                let others = suite.replicas(of: "mypage")[1]
                let isComplete = try await eventually(within: .seconds(19), every: .milliseconds(200)) {
                    let rows: [MypageView] = try await suite.list("\(others.url)/mypages")
                    return rows.count(where: \.isComplete) == 500
                }
                #expect(isComplete, "the other replicas did not take over within 19 s")
                suite["mission"].signal(SIGSTOP)
                try await Task.sleep(for: .seconds(5))
                for service in GameSuite.services { suite[service].signal(SIGCONT) }
                let more = try await Load(suite: suite, count: 100, customers: 100, concurrency: 4).runAgain()
                try await suite.settle(missions: 600)
                try await suite.expectConsistency(missionIDs: ids.union(more), maxUncertain: 8)
            }
        }
    }
}

extension Load {
    /// The same again with other keys.
    fileprivate func runAgain() async throws -> Set<Int64> {
        var ids: Set<Int64> = []
        for index in 0..<count {
            ids.insert(try await suite.achieve(customer: Int64(index) % customers + 1, key: "again-\(index)"))
        }
        return ids
    }
}
