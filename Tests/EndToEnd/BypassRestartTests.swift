import TestSupport
import Testing

extension EndToEnd {
    /// bypass-queue while PostgreSQL is away, or slow for everybody.
    @Suite struct BypassRestartTests {
        /// A receiver that is slow because the machine is interrupts no callback.
        private static let settings = ["LEASE": "4s", "CALLBACK_TIMEOUT": "3s"]

        @Test(.enabled(if: TestEnvironment.postgresRestart != nil, "needs TEST_POSTGRES_RESTART"))
        func `PostgreSQL restarted under load loses nothing and breaks no order`() async throws {
            try await withBypass(replicas: 2, settings: Self.settings) { suite in
                try await suite.behave(#"{"maxDelayMs": 10}"#)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await suite.load(groups: 20, count: 100) }
                    tasks.addTask {
                        for delivered in [200, 1_000] {
                            try await suite.waitForDelivery(of: delivered, within: .seconds(120))
                            try await shell(TestEnvironment.postgresRestart ?? "false")
                        }
                    }
                    try await tasks.waitForAll()
                }
                try await suite.waitForDelivery(of: 2_000, within: .seconds(120))
                suite.expectOrder(try await suite.seen(), groups: 20, count: 100)
                try await suite.expectEvents(2_000)
            }
        }

        @Test func `a slow disk slows every commit and nothing else`() async throws {
            try await withBypass(replicas: 2, settings: Self.settings) { suite in
                // Every commit waits 100 ms before it is flushed, as on a disk that is slow.
                try await suite.sql(
                    """
                    DO $$ BEGIN
                        EXECUTE format('ALTER DATABASE %I SET commit_delay = 100000', current_database());
                        EXECUTE format('ALTER DATABASE %I SET commit_siblings = 0', current_database());
                    END $$
                    """)
                for replica in suite.replicas { try replica.killAndRestart() }
                for replica in suite.replicas { try await replica.waitUntilReady(suite.http) }
                try await suite.load(groups: 100, count: 10)
                try await suite.waitForDelivery(of: 1_000, within: .seconds(120))
                suite.expectOrder(try await suite.seen(), groups: 100, count: 10)
            }
        }
    }
}
