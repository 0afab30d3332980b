import TestSupport
import Testing

extension EndToEnd {
    /// event-listener while PostgreSQL is stopped under load.
    @Suite struct ListenerRestartTests {
        @Test(.enabled(if: TestEnvironment.postgresRestart != nil), arguments: ["log", "refuse"])
        func `PostgreSQL stopped under load: everything accepted is there afterwards, once`(policy: String)
            async throws
        {
            let restart = try #require(TestEnvironment.postgresRestart)
            try await withListener(["ON_STORE_DOWN": policy]) { listener in
                let load = EventLoad(listener, queuedShare: 0.3)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await load.run() }
                    #expect(await eventually { load.stored.count > 50 })
                    try await shell(restart.replacingOccurrences(of: " restart ", with: " stop "))
                    let before = load.stored.count
                    try await Task.sleep(for: TestEnvironment.isLong ? .seconds(30) : .seconds(4))
                    let goesOn = await eventually {
                        policy == "log" ? load.stored.count > before + 50 : load.others[503] ?? 0 > 10
                    }
                    #expect(goesOn)
                    let during = load.stored.count
                    try await shell(restart.replacingOccurrences(of: " restart ", with: " start "))
                    #expect(await eventually { load.stored.count > during + 50 })
                    load.stop()
                }
                #expect(load.withoutRetryAfter == 0)
                try await listener.expectKept(load)
            }
        }
    }
}
