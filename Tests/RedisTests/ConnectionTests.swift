import Logging
import Redis
import Synchronization
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    @Test func `A URL names host, port, database and who connects`() throws {
        let configuration = try RedisConfiguration(url: "redis://me:s%40cret@redis.example:7000/3")
        #expect(configuration.address == "redis.example:7000/3" && configuration.user == "me")
        #expect(!"\(configuration)".contains("cret") && !String(reflecting: configuration).contains("cret"))
    }

    @Test func `An encrypted URL may name certificates`() throws {
        #expect(try RedisConfiguration(url: "redis://h/0").encryption == nil)
        #expect(try RedisConfiguration(url: "rediss://h/0").encryption == RedisEncryption())
        let url = "rediss://:x@h/0?sslrootcert=/a%20b/ca.pem&sslcert=/c.pem&sslkey=/k.pem"
        let encryption = try RedisConfiguration(url: url).encryption
        #expect(encryption?.authorities == "/a b/ca.pem")
        #expect(encryption?.certificate == "/c.pem" && encryption?.key == "/k.pem")
    }

    @Test(arguments: [
        "redis.example", "rediss://", "redis://", "redis://h:70000", "redis://h/x", "redis://h/0?a=b",
        "redis://me@h/0", "rediss://h/0?sslmode=require", "rediss://h/0?sslrootcert=", "rediss://h/0?sslcert=/c.pem",
        "redis://h/0?sslrootcert=/ca.pem",
    ])
    func `A wrong URL is refused`(url: String) {
        #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
    }
}

@Suite(.serialized, .enabled(if: TestEnvironment.redisURL != nil, "needs make test: Redis"))
struct ConnectionTests {
    private let key = "test:\(UInt32.random(in: 0 ... .max))"

    @Test func `Bytes come back as they went, of any kind and length`() async throws {
        try await withPool { pool in
            let values: [[UInt8]] = [
                [], [0], Array("\r\n$5\r\n".utf8), (0..<200_000).map { UInt8(truncatingIfNeeded: $0) },
            ]
            var push = RedisCommand("RPUSH", key)
            for value in values { push.append(value) }
            let (command, key) = (push, key)
            let read = try await pool.run { connection in
                try connection.command(command)
                return try connection.strings(RedisCommand("LRANGE", key, "0", "-1"))
            }
            #expect(read.count == values.count)
            for (index, value) in values.enumerated() { #expect(read[index].elementsEqual(value)) }
            _ = try await pool.run { try $0.command("DEL", key) }
        }
    }

    @Test func `A pipeline answers in order, an error being one of the answers`() async throws {
        try await withPool { pool in
            let key = key
            let answers = try await pool.run { connection in
                try connection.pipeline([
                    RedisCommand("SET", key, "x"), RedisCommand("INCR", key), RedisCommand("GET", key),
                    RedisCommand("DEL", key),
                ])
            }
            guard case .error(let error) = answers[1] else {
                Issue.record("no error: \(answers)")
                return
            }
            #expect(error.prefix == "ERR" && !error.isRetriable)
            #expect(try answers[2].optionalString() == "x")
            #expect(try answers[3].int() == 1)
        }
    }

    @Test func `A script that the server has forgotten is sent again`() async throws {
        try await withPool { pool in
            let script = RedisScript("return {KEYS[1], ARGV[1]}")
            for _ in 0..<2 {
                let answer = try await pool.run { connection in
                    let first = try connection.eval(script, keys: ["k"]) { $0.append("a") }.strings()
                    try connection.command("SCRIPT", "FLUSH")
                    return first + (try connection.eval(script, keys: ["k"]) { $0.append("b") }.strings())
                }
                #expect(answer == ["k", "a", "k", "b"])
            }
        }
    }

    @Test func `A connection that was cut is replaced by the next job`() async throws {
        try await withPool { pool in
            let id = try await pool.run { try $0.command("CLIENT", "ID").int() }
            try await withPool { other in
                _ = try await other.run { try $0.command("CLIENT", "KILL", "ID", String(id)) }
            }
            await #expect(throws: RedisError.self) { try await pool.run { try $0.command("PING") } }
            #expect(await eventually { (try? await pool.check()) != nil })
        }
    }

    @Test func `A subscriber hears what is published, also after its connection was cut`() async throws {
        let url = try #require(TestEnvironment.redisURL)
        let heard = Mutex<[String]>([])
        let subscriptions = SharedCounter()
        let subscriber = RedisSubscriber(try RedisConfiguration(url: url), channels: [key], logger: TestDatabase.quiet)
        {
            switch $0 {
            case .subscribed: subscriptions.increment()
            case .message(_, let bytes): heard.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            case .lost: break
            }
        }
        defer { subscriber.close() }
        try await withPool { pool in
            let key = key
            for round in 1...2 {
                #expect(await eventually { subscriptions.value == round })
                _ = try await pool.run { try $0.command("PUBLISH", key, "message \(round)") }
                #expect(await eventually { heard.withLock { $0.last } == "message \(round)" })
                _ = try await pool.run { try $0.command("CLIENT", "KILL", "TYPE", "pubsub") }
            }
        }
    }

    @Test func `Without a server the error says so and may be tried again`() async throws {
        let port = try FreePort.any()
        let pool = RedisPool(try RedisConfiguration(url: "redis://127.0.0.1:\(port)"), logger: TestDatabase.quiet)
        do {
            try await pool.check()
            Issue.record("somebody answered")
        } catch let error as RedisError {
            #expect(error.isRetriable && error.isConnectionLost)
        }
        await pool.close()
    }

    private func withPool(_ body: (RedisPool) async throws -> Void) async throws {
        let url = try #require(TestEnvironment.redisURL)
        let pool = RedisPool(try RedisConfiguration(url: url), logger: TestDatabase.quiet)
        do {
            try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }
}
