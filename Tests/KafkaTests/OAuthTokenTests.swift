import Foundation
import Logging
import Testing

@testable import Kafka

@Suite struct OAuthTokenTests {
    private static func token(_ claims: String) -> String {
        let parts = ["{\"alg\":\"RS256\"}", claims, "signature"].map { part in
            Data(part.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        return parts.joined(separator: ".")
    }

    @Test func `a token tells its expiry and whom it speaks for`() throws {
        let token = try OAuthToken(Self.token(#"{"exp": 1900000000, "sub": "game>?~mission"}"#))
        #expect(token.expiresAt == 1_900_000_000_000 && token.principal == "game>?~mission")
    }

    @Test(arguments: ["", "hush", "hush.hush.hush", token("{}"), token(#"{"exp": "hush"}"#)])
    func `what is no token is refused without quoting it`(text: String) {
        let error = #expect(throws: KafkaError.self) { try OAuthToken(text) }
        #expect(error?.detail == "the token is no JWT with an expiry")
    }

    @Test func `a client connects once it has the token of the file`() async throws {
        let file = NSTemporaryDirectory() + "token-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let expiry = Int(Date().timeIntervalSince1970) + 3_600
        try Data((Self.token(#"{"exp": \#(expiry), "sub": "me"}"#) + "\n").utf8).write(to: URL(fileURLWithPath: file))
        for (path, hasToken) in [(file, true), (file + "-none", false)] {
            let listener = try Listener()
            let configuration = try KafkaConfiguration(
                brokers: "127.0.0.1:\(listener.port)", clientID: "t",
                properties: ["security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER"], tokenFile: path)
            let producer = try KafkaProducer(
                configuration, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            #expect(listener.isConnected(within: hasToken ? 60_000 : 500) == hasToken)
            await producer.close(timeout: .zero)
        }
    }
}

/// A port that notices whether somebody connects.
private final class Listener {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) | listen(descriptor, 4) | getsockname(descriptor, generic, &length)
            }
        }
        try #require(code == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    func isConnected(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) == 1
    }
}
