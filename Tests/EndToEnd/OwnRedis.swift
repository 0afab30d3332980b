import Foundation
import Orders
import Redis
import Synchronization
import TestSupport

/// A Redis of a test's own, which it may stop and restart; it keeps its data on disk.
final class OwnRedis: Sendable {
    let port: Int
    let pool: RedisPool
    let url: String
    private let folder: URL
    private let listening: [String]
    private let process = Mutex<ChildProcess?>(nil)

    /// - Parameter certificates: With them it speaks TLS alone.
    init(folder: URL, certificates: TestCertificates? = nil) async throws {
        port = try FreePort.any()
        self.folder = folder
        if let certificates {
            let own = try certificates.server("IP:127.0.0.1")
            listening = [
                "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", own.certificate, "--tls-key-file", own.key,
                "--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "no",
            ]
            url = "rediss://127.0.0.1:\(port)/0?sslrootcert=\(certificates.authority)"
        } else {
            listening = ["--port", "\(port)"]
            url = "redis://127.0.0.1:\(port)/0"
        }
        pool = RedisPool(try RedisConfiguration(url: url), logger: TestDatabase.quiet)
        try await start()
    }

    func start() async throws {
        let child = try ChildProcess(
            "/usr/bin/redis-server",
            ["--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--appendonly", "yes"] + listening,
            environment: [:], log: folder.appendingPathComponent("redis.log"))
        process.withLock { $0 = child }
        guard await eventually({ (try? await pool.check()) != nil }) else {
            throw TestFailure("Redis does not start: \(child.tail())")
        }
    }

    /// Ends it in an orderly way; its data stays.
    func stop() async {
        // It ends without an answer. (SIGTERM may be blocked in what a test run starts.)
        _ = try? await command("SHUTDOWN")
        await process.withLock { $0 }?.terminate()
    }

    func restart() async throws {
        await stop()
        try await start()
    }

    func command(_ arguments: String...) async throws -> RedisValue {
        try await pool.run { try $0.command(RedisCommand(arguments)) }
    }

    /// The sum over all windows, read from the hashes by their names alone.
    func tally() async throws -> OrderTally {
        try await pool.run { connection in
            var tally = OrderTally()
            for branch in OrderCatalogue.branches {
                for type in StatisticsType.allCases {
                    let keys = try connection.command("KEYS", "\(branch):??????????????:\(type.rawValue)").strings()
                    for key in keys {
                        for (name, count) in try connection.command("HGETALL", key).fields() {
                            tally.add(Int(count) ?? -1, branch, type, name)
                        }
                    }
                }
            }
            return tally
        }
    }

    /// One of the counters beside the windows.
    func total(_ name: String) async throws -> Int {
        let text = try await command("HGET", StatisticsKeys.totals, name).optionalString()
        return text.flatMap { Int($0) } ?? 0
    }

    func close() async {
        await pool.close()
        process.withLock { $0 }?.kill()
    }
}
