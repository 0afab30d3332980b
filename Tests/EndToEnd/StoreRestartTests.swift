import TestSupport
import Testing

extension EndToEnd {
    /// The stores go away under load and come back.
    @Suite struct StoreRestartTests {
        private static let settings = [
            "telegram": ["TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000"]
        ]

        @Test(.enabled(if: TestEnvironment.postgresRestart != nil, "needs TEST_POSTGRES_RESTART"))
        func `PostgreSQL restarts under load`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...50)
                let ids = try await suite.underTrouble(missions: 1_500) {
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
                let ids = try await suite.underTrouble(missions: 1_500) {
                    for _ in 0..<2 { try await shell(TestEnvironment.mariadbRestart ?? "false") }
                }
                try await suite.settle(missions: 1_500)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
            }
        }
    }
}
