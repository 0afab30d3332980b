import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A Redis that asks for a password.
    @Suite(.enabled(if: GuardedRedis.canBeMade, "needs redis-server")) struct StoreAccessTests {
        @Test(.timeLimit(.minutes(5)), arguments: ["order-statistics", "order-dashboard"])
        func `the right password serves, a wrong one ends the process with one line`(service: String) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "guarded-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let redis = try await GuardedRedis()
            let http = TestHTTP()
            let good = try replica(service, redis.url, in: folder)
            try good.start()
            try await good.waitUntilReady(http)
            #expect(!good.output.contains(GuardedRedis.password))
            await good.terminate()
            for (login, word) in [
                (":not-the-password@", "WRONGPASS"), ("nobody:not-the-password@", "WRONGPASS"), ("", "NOAUTH"),
            ] {
                let wrong = try replica(service, "redis://\(login)127.0.0.1:\(redis.port)/0", in: folder)
                try wrong.start()
                let child = try #require(wrong.child)
                #expect(await eventually { !child.isRunning }, "\(login)")
                #expect(child.exitStatus ?? 0 > 0)
                let lines = wrong.output.split(separator: "\n").filter { $0.hasPrefix("\(service): ") }
                #expect(lines.count == 1 && lines[0].contains("Redis refused the command: \(word)"), "\(wrong.output)")
                #expect(!wrong.output.contains("not-the-password"))
                child.kill()
            }
            await http.close()
            redis.stop()
            try? FileManager.default.removeItem(at: folder)
        }

        private func replica(_ service: String, _ url: String, in folder: URL) throws -> Replica {
            let port = try FreePort.any()
            return Replica(
                name: "\(service)-\(port)", executable: "\(TestEnvironment.executables ?? "")/\(service)",
                arguments: ["serve"], port: port,
                environment: ["REDIS_URL": url, "HTTP_PORT": "\(port)", "SHUTDOWN_DRAIN": "0s"], folder: folder)
        }
    }
}
