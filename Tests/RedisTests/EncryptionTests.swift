import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

/// A Redis of the test's own, which speaks TLS alone.
@Suite(
    "An encrypted connection to Redis", .enabled(if: EncryptedRedis.canBeMade, "needs redis-server and openssl"),
    .timeLimit(.minutes(5)))
struct EncryptionTests {
    @Test("is verified: the right authority and the right name are needed")
    func verified() async throws {
        let server = try await EncryptedRedis(name: "DNS:localhost")
        defer { server.stop() }
        let certificates = server.certificates
        let right = "sslrootcert=\(certificates.authority)"
        #expect(try server.connect(right, host: "localhost").command("PING").optionalString() == "PONG")
        for (parameters, host, reason) in [
            ("sslrootcert=\(certificates.stranger)", "localhost", "the certificate was not accepted"),
            (right, "127.0.0.1", "the certificate was not accepted: IP address mismatch"),
            ("", "localhost", "the certificate was not accepted"),
            ("sslrootcert=/nowhere.pem", "localhost", "sslrootcert: \"/nowhere.pem\" cannot be read"),
        ] {
            let error = #expect(throws: RedisError.self, "\(parameters) at \(host)") {
                try server.connect(parameters, host: host)
            }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
            #expect(error?.description.contains("\n") == false)
            #expect(error?.isRetriable == false && error?.isMisconfigured == true)
            #expect(error?.debugDescription.contains("hush-hush") == false)
        }
    }

    @Test("is needed by the server, and tells a server that has none")
    func plain() async throws {
        let server = try await EncryptedRedis(name: "IP:127.0.0.1")
        defer { server.stop() }
        let plain = #expect(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: "redis://:hush-hush@127.0.0.1:\(server.port)/0"))
        }
        #expect(plain?.isConnectionLost == true)
        guard let url = TestEnvironment.redisURL else { return }
        let error = #expect(throws: RedisError.self) {
            try RedisConnection(RedisConfiguration(url: url.replacing("redis://", with: "rediss://")))
        }
        // Redis answers once there is a line feed among the bytes of the handshake, and else waits for one.
        let isTold = error?.isMisconfigured == true || error?.description.contains("no answer in time") == true
        #expect(isTold, "\(String(describing: error))")
    }

    @Test("shows its own certificate to a server that wants one")
    func mutual() async throws {
        let server = try await EncryptedRedis(name: "IP:127.0.0.1", wantsCertificates: true)
        defer { server.stop() }
        let right = "sslrootcert=\(server.certificates.authority)"
        let own = try server.certificates.server("DNS:client")
        let known = "\(right)&sslcert=\(own.certificate)&sslkey=\(own.key)"
        #expect(try server.connect(known).command("PING").optionalString() == "PONG")
        let error = #expect(throws: RedisError.self) { try server.connect(right).command("PING") }
        // Mostly the server has closed before its reason could be read.
        #expect(error?.isConnectionLost == true, "\(String(describing: error))")
    }

    @Test("carries large commands, large answers, pipelines and errors as a plain one does")
    func carries() async throws {
        let server = try await EncryptedRedis(name: "IP:127.0.0.1")
        defer { server.stop() }
        let connection = try server.connect("sslrootcert=\(server.certificates.authority)")
        let values: [[UInt8]] = (0..<40).map { place in
            (0..<place * 20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ place) }
        }
        var push = RedisCommand("RPUSH", "list")
        for value in values { push.append(value) }
        #expect(try connection.command(push).int() == 40)
        let read = try connection.strings(RedisCommand("LRANGE", "list", "0", "-1"))
        #expect(read.count == values.count)
        for (index, value) in values.enumerated() { #expect(read[index].elementsEqual(value)) }
        let answers = try connection.pipeline(
            (0..<1000).map { RedisCommand("INCRBY", "n", String($0)) } + [RedisCommand("INCR", "list")])
        #expect(try answers[999].int() == 499_500)
        guard case .error(let error) = answers[1000] else { throw TestFailure("no error: \(answers[1000])") }
        #expect(error.prefix == "WRONGTYPE" && connection.isAlive)
    }

    @Test("subscribes, and a pool connects again after the server's restart")
    func subscribes() async throws {
        let server = try await EncryptedRedis(name: "IP:127.0.0.1")
        defer { server.stop() }
        let configuration = try server.configuration("sslrootcert=\(server.certificates.authority)")
        let pool = RedisPool(configuration, logger: TestDatabase.quiet)
        let heard = Mutex<(subscribed: Int, words: [String])>((0, []))
        let subscriber = RedisSubscriber(configuration, channels: ["news"], logger: TestDatabase.quiet) { event in
            heard.withLock { heard in
                switch event {
                case .subscribed: heard.subscribed += 1
                case .message(_, let bytes): heard.words.append(String(decoding: bytes, as: UTF8.self))
                case .lost: break
                }
            }
        }
        for round in 1...2 {
            #expect(await eventually { heard.withLock { $0.subscribed } == round })
            let words = (0..<50).map { "\(round)-\($0)-" + String(repeating: "x", count: 5000) }
            try await pool.run { connection in
                for answer in try connection.pipeline(words.map { RedisCommand("PUBLISH", "news", $0) }) {
                    try answer.checked()
                }
            }
            #expect(await eventually { heard.withLock { $0.words } == words })
            heard.withLock { $0.words = [] }
            guard round == 1 else { break }
            try await server.restart()
            #expect(await eventually { (try? await pool.check()) != nil })
        }
        subscriber.close()
        await pool.close()
    }
}

/// The private server of one test.
private final class EncryptedRedis: Sendable {
    static let canBeMade = ["/usr/bin/redis-server", "/usr/bin/openssl"]
        .allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

    let certificates: TestCertificates
    let port: Int
    private let arguments: [String]
    private let process = Mutex<ChildProcess?>(nil)

    init(name: String, wantsCertificates: Bool = false) async throws {
        certificates = try TestCertificates()
        port = try FreePort.any()
        let server = try certificates.server(name)
        arguments = [
            "--bind", "127.0.0.1", "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", server.certificate,
            "--tls-key-file", server.key, "--tls-ca-cert-file", certificates.authority, "--tls-auth-clients",
            wantsCertificates ? "yes" : "no", "--requirepass", "hush-hush", "--save", "",
            "--dir", certificates.folder.path,
        ]
        try await start()
    }

    func configuration(_ parameters: String, host: String = "127.0.0.1") throws -> RedisConfiguration {
        try RedisConfiguration(url: "rediss://:hush-hush@\(host):\(port)/0?\(parameters)")
    }

    @discardableResult
    func connect(_ parameters: String, host: String = "127.0.0.1") throws -> RedisConnection {
        try RedisConnection(configuration(parameters, host: host))
    }

    func restart() async throws {
        stop()
        try await start()
    }

    private func start() async throws {
        let log = certificates.folder.appendingPathComponent("redis.log")
        let child = try ChildProcess("/usr/bin/redis-server", arguments, environment: [:], log: log)
        process.withLock { $0 = child }
        // A certificate that is not accepted has been shown by somebody.
        let distrusting = try configuration("sslrootcert=\(certificates.stranger)")
        let isUp = await eventually {
            do throws(RedisError) {
                _ = try RedisConnection(distrusting)
                return true
            } catch {
                return error.code == .untrusted
            }
        }
        guard isUp else { throw TestFailure("redis-server: \(child.tail())") }
    }

    func stop() { process.withLock { $0 }?.kill() }
}
