import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct OutageTests {
        private static let settings = [
            "telegram": ["TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000"]
        ]

        @Test func `the broker is down for 10 s under load`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...50)
                let ids = try await underTrouble(suite, missions: 1_000) {
                    try suite.broker.setDown(true)
                    // Writes go on, and the service stays ready: the broker is none of a request's business.
                    let deadline = ContinuousClock.now + .seconds(10)
                    while ContinuousClock.now < deadline {
                        #expect(try await suite.http.get("\(suite["mission"].url)/readyz").status == 200)
                        _ = try await suite.achieve(customer: 1)
                        try await Task.sleep(for: .milliseconds(200))
                    }
                    try suite.broker.setDown(false)
                }
                let all = try await suite.missions()
                try await suite.settle(missions: all.count)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
            }
        }

        @Test(.enabled(if: TestEnvironment.postgresRestart != nil, "needs TEST_POSTGRES_RESTART"))
        func `PostgreSQL restarts under load`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...50)
                let ids = try await underTrouble(suite, missions: 1_500) {
                    for _ in 0..<2 { try await shell(TestEnvironment.postgresRestart ?? "false") }
                }
                try await suite.settle(missions: 1_500)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 32)
            }
        }

        @Test(.enabled(if: TestEnvironment.mariadbRestart != nil, "needs TEST_MARIADB_RESTART"))
        func `MariaDB restarts under load`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...50)
                let ids = try await underTrouble(suite, missions: 1_500) {
                    for _ in 0..<2 { try await shell(TestEnvironment.mariadbRestart ?? "false") }
                }
                try await suite.settle(missions: 1_500)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
            }
        }

        @Test func `a service whose database is away is live, not ready, and becomes ready by itself`() async throws {
            try await withSuite { suite in
                let port = try FreePort.any()
                let orphan = suite.copy(
                    of: "reward", port: port,
                    overriding: [
                        "DATABASE_URL": "postgres://reward:secret@127.0.0.1:1/reward"
                    ])
                try orphan.start()
                #expect(await eventually { (try? await suite.http.get("\(orphan.url)/livez"))?.status == 200 })
                let ready = try await suite.http.get("\(orphan.url)/readyz")
                #expect(ready.status == 503)
                #expect(ready.text.contains("database"))
                let read = try await suite.http.get("\(orphan.url)/rewards/1")
                #expect(read.status == 503)
                #expect(read[header: "retry-after"] != nil)
                orphan.kill()
            }
        }

        /// Runs the trouble once a part of the load has been accepted; probes meanwhile whether everybody is live.
        private func underTrouble(
            _ suite: GameSuite, missions: Int, _ trouble: @escaping @Sendable () async throws -> Void
        ) async throws -> Set<Int64> {
            let accepted = SharedCounter()
            let isDone = SharedFlag()
            return try await withThrowingTaskGroup(of: Set<Int64>.self) { group in
                group.addTask {
                    try await Load(suite: suite, count: missions, customers: 50).run { _ in accepted.increment() }
                }
                group.addTask {
                    _ = await eventually { accepted.value > missions / 10 }
                    try await trouble()
                    isDone.set()
                    return []
                }
                group.addTask {
                    while !isDone.isSet {
                        for replica in suite.all {
                            let answer = try await suite.http.get("\(replica.url)/livez")
                            #expect(answer.status == 200, "\(replica.name) says that it is not live")
                        }
                        try await Task.sleep(for: .milliseconds(100))
                    }
                    return []
                }
                return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
            }
        }
    }
}

/// Runs a shell command that must succeed.
func shell(_ command: String) async throws {
    let log = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("game-suite-restart.log")
    let child = try ChildProcess(
        "/bin/bash", ["-c", command], environment: ProcessInfo.processInfo.environment, log: log)
    guard await eventually(within: .seconds(60), { !child.isRunning }), child.exitStatus == 0 else {
        throw TestFailure("\(command) failed: \(child.tail())")
    }
}
