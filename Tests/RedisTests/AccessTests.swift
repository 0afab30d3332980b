import Foundation
import Redis
import TestSupport
import Testing

/// A Redis of the test's own that asks for a password, and knows a user with few rights.
@Suite(.enabled(if: GuardedRedis.canBeMade, "needs redis-server"), .timeLimit(.minutes(5)))
struct AccessTests {
    @Test func `The right password and the right user are let in, others are told so in one line`() async throws {
        let server = try await GuardedRedis()
        defer { server.stop() }
        for login in [":\(GuardedRedis.password)", "reader:\(GuardedRedis.readerPassword)"] {
            let connection = try RedisConnection(try configuration(server, login))
            #expect(try connection.command("GET", "orders:x").optionalString() == nil)
        }
        for (login, prefix) in [
            (":wrong-password", "WRONGPASS"), ("reader:wrong-password", "WRONGPASS"),
            ("nobody:wrong-password", "WRONGPASS"), ("", "NOAUTH"),
        ] {
            let configuration = try configuration(server, login)
            let error = #expect(throws: RedisError.self, "\(login)") { try RedisConnection(configuration) }
            #expect(error?.prefix == prefix && error?.isAccessDenied == true && error?.isRetriable == false)
            #expect(error?.description == "Redis refused the command: \(prefix)")
            #expect(error.map { "\(String(reflecting: $0))".contains("wrong-password") } == false)
        }
    }

    @Test func `A user of the access control list may do what it says and no more`() async throws {
        let server = try await GuardedRedis()
        defer { server.stop() }
        let connection = try RedisConnection(try configuration(server, "reader:\(GuardedRedis.readerPassword)"))
        for command in [RedisCommand("SET", "orders:x", "1"), RedisCommand("GET", "other"), RedisCommand("FLUSHALL")] {
            let error = #expect(throws: RedisError.self) { try connection.command(command) }
            #expect(error?.prefix == "NOPERM" && error?.isAccessDenied == true && error?.isRetriable == false)
        }
        #expect(connection.isAlive)
    }

    private func configuration(_ server: GuardedRedis, _ login: String) throws -> RedisConfiguration {
        try RedisConfiguration(url: "redis://\(login)\(login.isEmpty ? "" : "@")127.0.0.1:\(server.port)/0")
    }
}
