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
                let ids = try await suite.underTrouble(missions: 1_000) {
                    try suite.broker.setDown(true)
                    // Writes go on, and the service stays ready: the broker is none of a request's business. The
                    // database of a busy machine may answer a probe too late, but not all of them.
                    let deadline = ContinuousClock.now + .seconds(10)
                    while ContinuousClock.now < deadline {
                        let isReady = try await eventually {
                            try await suite.http.get("\(suite["mission"].url)/readyz").status == 200
                        }
                        #expect(isReady)
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
    }
}
