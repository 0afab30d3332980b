import Contracts
import Digest
import Foundation
import TestSupport
import Testing

@testable import BypassQueueService

@Suite struct SignatureTests {
    /// The example of the Standard Webhooks specification's own libraries.
    @Test func `a known signature comes out`() throws {
        let secret = try SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            keys: [secret.key])
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(arguments: ["", "whsec_", "whsec_AAAA", "whsec_%%%", "not base64"])
    func `a secret that is none is refused`(text: String) {
        #expect(throws: DomainError.self) { try SigningSecret(text) }
    }

    @Test func `a secret is not shown`() {
        let secret = SigningSecret()
        #expect(!"\(secret)".contains(secret.text) && !String(reflecting: secret).contains(secret.text))
        var text = ""
        dump(secret, to: &text)
        #expect(!text.contains(secret.text))
    }
}

/// Signatures as the reference library of Standard Webhooks sees them.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.postgresURL != nil && StandardWebhooks.isThere, "needs the Python package standardwebhooks"),
    .timeLimit(.minutes(5)))
struct ReferenceSignatureTests {
    @Test func `callbacks verify with the reference library, during a rotation with both secrets`() async throws {
        try await RunningQueue.with(["SECRET_OVERLAP": "1h"]) { queue in
            let (old, new) = (SigningSecret().text, SigningSecret().text)
            let json = { (secret: String) in #"{"callbackUrl": "\#(queue.receiver.url)", "secret": "\#(secret)"}"# }
            _ = try await queue.put("g", json(old))
            try await queue.accept("g", "{\"n\": 1}")
            try await soon { queue.receiver.callbacks.count == 1 }
            _ = try await queue.put("g", json(new))
            try await queue.accept("g", "{\"n\": 2}")
            try await soon { queue.receiver.callbacks.count == 2 }
            let callbacks = queue.receiver.callbacks
            #expect(try StandardWebhooks.verify(callbacks[0], secret: old))
            #expect(try !StandardWebhooks.verify(callbacks[0], secret: new))
            #expect(try StandardWebhooks.verify(callbacks[1], secret: old))
            #expect(try StandardWebhooks.verify(callbacks[1], secret: new))
            #expect(try !StandardWebhooks.verify(callbacks[1], secret: SigningSecret().text))
        }
    }

    @Test func `the previous secret ends after its overlap`() async throws {
        try await RunningQueue.with(["SECRET_OVERLAP": "0s"]) { queue in
            let (old, new) = (SigningSecret().text, SigningSecret().text)
            for secret in [old, new] {
                _ = try await queue.put("g", #"{"callbackUrl": "\#(queue.receiver.url)", "secret": "\#(secret)"}"#)
            }
            try await queue.accept("g", "{}")
            try await soon { queue.receiver.callbacks.count == 1 }
            #expect(try StandardWebhooks.verify(queue.receiver.callbacks[0], secret: new))
            #expect(try !StandardWebhooks.verify(queue.receiver.callbacks[0], secret: old))
        }
    }
}

/// The reference verification, in a process of its own.
enum StandardWebhooks {
    /// Where `infra/local/packages.sh` has put it.
    private static let python = ProcessInfo.processInfo.environment["TEST_PYTHON"] ?? "python3"

    static let isThere = (try? run("import standardwebhooks", [], [:])) == 0

    static func verify(_ callback: CallbackServer.Callback, secret: String) throws -> Bool {
        let script = """
            import os, sys
            from standardwebhooks.webhooks import Webhook
            names = ("webhook-id", "webhook-timestamp", "webhook-signature")
            headers = {name: os.environ[name.replace("-", "_")] for name in names}
            Webhook(os.environ["secret"]).verify(sys.stdin.buffer.read(), headers)
            """
        var environment = ["secret": secret]
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            environment[name.replacing("-", with: "_")] = callback[name]
        }
        return try run(script, callback.body, environment) == 0
    }

    private static func run(_ script: String, _ input: [UInt8], _ environment: [String: String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", script]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        pipe.fileHandleForWriting.write(Data(input))
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
