import Contracts
import Foundation
import Kafka
import Postgres
import TestSupport
import Testing

extension EndToEnd {
    /// A new generation of the read model, built beside the running one.
    @Suite struct RebuildTests {
        @Test func `a rebuild that is killed goes on where it stopped, and both generations are right`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...20)
                var ids = try await Load(suite: suite, count: 400, customers: 20).run()
                for round in 0..<4 {
                    let rebuild = try suite["mypage"].command(["rebuild"])
                    ids.formUnion(try await Load(suite: suite, count: 10, customers: 20, name: "round-\(round)").run())
                    // From before it has joined its group, which takes the development broker three seconds, to its end.
                    try await Task.sleep(for: .milliseconds(1_200 * round))
                    rebuild.kill()
                }
                try await suite["mypage"].run("rebuild")
                // What the old one's rows say does not tell whether the new one has caught up.
                let lines = suite["mypage"].output.split(separator: "\n")
                let new = try #require(lines.last { $0.hasPrefix("readers see generation") })
                #expect(try await eventually { try await generation(suite) == new })
                ids.formUnion(try await Load(suite: suite, count: 40, customers: 20, name: "after").run())
                try await suite.settle(missions: 480)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
                #expect(suite["mypage"].output.contains("readers see the new generation"))
            }
        }

        /// Which generation the readers of the running service see.
        private func generation(_ suite: GameSuite) async throws -> Substring {
            let checks = try await suite.http.get("\(suite["mypage"].url)/readyz").text
            return try #require(checks.split(separator: "\"").first { $0.hasPrefix("readers see") })
        }

        /// How many events of a service wait to be published.
        private func outbox(_ suite: GameSuite, _ service: String) async throws -> Int64 {
            let configuration = try PostgresConfiguration(url: try #require(suite.databases[service]).adminURL)
            return try await PostgresPool.with(configuration, logger: TestDatabase.quiet) { pool in
                try await pool.run { try $0.query("SELECT count(*) FROM outbox")[0].int64(0) }
            }
        }

        @Test func `without the log's head a rebuild is refused, until the sources have republished`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...5)
                let ids = try await Load(suite: suite, count: 50, customers: 5).run()
                try await suite.settle(missions: 50)
                // The development broker keeps about five megabytes of a partition; no consumer knows this type.
                let filler = KafkaRecord(
                    topic: "game.mission", key: Array("1".utf8), value: [UInt8](repeating: 0x20, count: 100_000),
                    headers: [
                        ("ce_specversion", "1.0"), ("ce_id", UUIDv7.make().uuidString), ("ce_type", "Filler"),
                        ("ce_source", "/test"), ("ce_time", Timestamp.now.description),
                    ].map { KafkaHeader(name: $0.0, value: Array($0.1.utf8)) })
                for _ in 0..<10 { try await suite.publish([KafkaRecord](repeating: filler, count: 10)) }
                let refused = try suite["mypage"].command(["rebuild"])
                #expect(await eventually { !refused.isRunning })
                #expect(refused.exitStatus == 1)
                #expect(refused.tail(3).contains("republish"))
                for service in ["mission", "reward", "telegram"] { try await suite[service].run("republish") }
                let isEmpty = try await eventually {
                    // From the tables: the metric is a second old.
                    for service in ["mission", "reward", "telegram"] {
                        if try await outbox(suite, service) != 0 { return false }
                    }
                    return true
                }
                #expect(isEmpty)
                try await suite["mypage"].run("rebuild", "--republished")
                try await suite.settle(missions: 50)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
            }
        }
    }
}
