import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Wrong settings end the process at once with one line that says what to change.
    @Suite struct ConfigurationTests {
        @Test(arguments: GameSuite.services) func `a missing or wrong variable is named`(service: String) async throws {
            try await expect(service, [:], says: "DATABASE_URL")
            try await expect(service, ["DATABASE_URL": "http://x"], says: "DATABASE_URL")
            let good = service == "mypage" ? "mariadb://a:b@127.0.0.1:1/c" : "postgres://a:b@127.0.0.1:1/c"
            try await expect(service, ["DATABASE_URL": good], says: "KAFKA_BROKERS")
            let base = [
                "DATABASE_URL": good, "KAFKA_BROKERS": "127.0.0.1:1", "TELEGRAM_BOT_TOKEN": "1:secret-token",
                "TELEGRAM_URL": "http://127.0.0.1:1",
            ]
            try await expect(service, base.merging(["HTTP_PORT": "70000"]) { $1 }, says: "HTTP_PORT")
            try await expect(service, base.merging(["LOG_LEVEL": "loud"]) { $1 }, says: "LOG_LEVEL")
            try await expect(service, base.merging(["SHUTDOWN_DRAIN": "soon"]) { $1 }, says: "SHUTDOWN_DRAIN")
            try await expect(service, base.merging(["KAFKA_BROKERS": "::"]) { $1 }, says: "KAFKA_BROKERS")
            try await expect(
                service, base.merging(["KAFKA_PROPERTIES": "no.such.thing=1"]) { $1 }, says: "no.such.thing")
        }

        @Test func `a port in use and a wrong password are said in one line`() async throws {
            try await withSuite { suite in
                let port = suite["mission"].port
                let twin = suite.copy(of: "mission", port: port)
                try await expectEnd(twin, says: "\(port)")
                for service in ["mission", "mypage"] {
                    let url = service == "mypage" ? TestEnvironment.mariadbURL : TestEnvironment.postgresURL
                    var parts = try #require(URLComponents(string: url ?? ""))
                    parts.password = "not-the-password"
                    let stranger = suite.copy(
                        of: service, port: try FreePort.any(), overriding: ["DATABASE_URL": try #require(parts.string)])
                    try await expectEnd(stranger, says: "127.0.0.1")
                    #expect(!stranger.output.contains("not-the-password"))
                }
            }
        }

        private func expectEnd(_ replica: Replica, says words: String) async throws {
            try replica.start()
            let child = try #require(replica.child)
            #expect(await eventually { !child.isRunning }, "\(replica.name) goes on")
            #expect(child.exitStatus ?? 0 > 0, "\(String(describing: child.exitStatus))")
            #expect(child.tail(20).contains(words))
            #expect(!child.tail(100).contains("Fatal error"))
            child.kill()
        }

        private func expect(_ service: String, _ environment: [String: String], says words: String) async throws {
            let log = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).log")
            let child = try ChildProcess(
                "\(TestEnvironment.executables ?? "")/\(service)", ["serve"], environment: environment, log: log)
            #expect(await eventually { !child.isRunning })
            child.kill()
            let output = child.tail(100)
            #expect(child.exitStatus ?? 0 > 0)
            #expect(output.contains(words), "\(service) \(environment.keys): \(output)")
            #expect(output.split(separator: "\n").count == 1, "more than one line: \(output)")
            try? FileManager.default.removeItem(at: log)
        }
    }
}
