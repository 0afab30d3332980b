import Foundation
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite("Keys of tokens", .serialized)
struct KeyRotationTests {
    private let issuer: TestIssuer

    init() throws { issuer = try TestIssuer() }

    private func environment(_ server: KeyServer, refresh: String = "1h") -> [String: String] {
        [
            "AUTH": "on", "AUTH_ISSUER": TestIssuer.issuer, "AUTH_JWKS_URL": server.url, "AUTH_JWKS_REFRESH": refresh,
        ]
    }

    private func status(_ port: Int, _ headers: String) async throws -> Int {
        try await fetch(port, get: "/scope", headers: headers).status
    }

    @Test("a key that is rotated under load fails no request, and the old key's tokens stay good until it is retired")
    func rotation() async throws {
        let server = try KeyServer(try issuer.keySet)
        try await withService(environment(server)) { port, _ in
            let old = try await issuer.bearer()
            let deadline = ContinuousClock.now + .milliseconds(900)
            let wrong = try await withThrowingTaskGroup(of: [Int].self) { group in
                for client in 1...8 {
                    group.addTask { try await load(port, from: client * 10_000, until: deadline) }
                }
                for _ in 0..<3 {
                    try await Task.sleep(for: .milliseconds(200))
                    // As providers do: published first, then used.
                    try issuer.rotate { server.publish($0) }
                }
                var wrong: [Int] = []
                for try await some in group { wrong += some }
                return wrong
            }
            #expect(wrong.isEmpty)
            #expect(try await status(port, old) == 200)
        }
    }

    /// Asks with a new token each time, so that each is checked; returns what went wrong.
    private func load(_ port: Int, from first: Int, until deadline: ContinuousClock.Instant) async throws -> [Int] {
        var (wrong, number) = ([Int](), first)
        while ContinuousClock.now < deadline {
            number += 1
            let status = try await status(port, issuer.bearer("\(number)"))
            if status != 200 { wrong.append(status) }
        }
        return wrong
    }

    @Test("a key that is retired is trusted no more, also where its token was remembered")
    func retired() async throws {
        let server = try KeyServer(try issuer.keySet)
        try await withService(environment(server, refresh: "100ms")) { port, _ in
            let old = try await issuer.bearer()
            #expect(try await status(port, old) == 200)
            try issuer.rotate()
            issuer.retire()
            server.publish(try issuer.keySet)
            #expect(try await eventually { try await status(port, old) == 401 })
            #expect(try await status(port, issuer.bearer()) == 200)
        }
    }

    @Test("while the provider is away the keys there are stay in use; an unknown key is no verdict then")
    func away() async throws {
        let server = try KeyServer(try issuer.keySet)
        try await withService(environment(server, refresh: "100ms")) { port, _ in
            let before = try await issuer.bearer()
            server.setDown(true)
            let asked = server.requests
            let hasAsked = await eventually { server.requests > asked }
            #expect(hasAsked)
            #expect(try await status(port, before) == 200)
            #expect(try await status(port, issuer.bearer("7")) == 200)
            let ready = try await fetch(port, get: "/readyz")
            #expect(ready.status == 200)
            let stranger = try await fetch(port, get: "/scope", headers: TestIssuer().bearer())
            #expect(stranger.status == 503 && stranger.slug == "keys-unavailable" && stranger["retry-after"] == "1")
            server.setDown(false)
            #expect(try await eventually { try await status(port, TestIssuer().bearer()) == 401 })
        }
    }

    @Test("made-up keys do not make it ask more than once a second")
    func rateLimit() async throws {
        let server = try KeyServer(try issuer.keySet)
        try await withService(environment(server)) { port, _ in
            let strangers = try await (0..<30).asyncMap { _ in try await TestIssuer().bearer() }
            let begin = ContinuousClock.now
            let asked = server.requests
            try await withThrowingTaskGroup(of: Int.self) { group in
                for stranger in strangers { group.addTask { try await status(port, stranger) } }
                for try await status in group { #expect(status == 401) }
            }
            let seconds = Int(begin.duration(to: .now) / .seconds(1)) + 1
            #expect(server.requests - asked <= seconds + 1)
        }
    }

    @Test("without keys the service is not ready and lets nobody in, and becomes ready by itself")
    func late() async throws {
        let server = try KeyServer(try issuer.keySet)
        server.setDown(true)
        try await withService(environment(server)) { port, _ in
            let headers = try await issuer.bearer()
            #expect(try await fetch(port, get: "/readyz").status == 503)
            #expect(try await status(port, headers) == 503)
            server.setDown(false)
            #expect(try await eventually { try await fetch(port, get: "/readyz").status == 200 })
            #expect(try await status(port, headers) == 200)
        }
    }

    @Test("a file that is replaced is noticed, and one that is broken changes nothing")
    func file() async throws {
        try await withService(issuer.environment.merging(["AUTH_JWKS_REFRESH": "1h"]) { $1 }) { port, _ in
            let old = try await issuer.bearer()
            #expect(try await status(port, old) == 200)
            try Data("{".utf8).write(to: URL(filePath: issuer.file))
            #expect(try await status(port, TestIssuer().bearer()) == 503)
            #expect(try await status(port, old) == 200)
            try issuer.rotate()
            try issuer.publish()
            #expect(try await status(port, issuer.bearer()) == 200)
            #expect(try await status(port, old) == 200)
        }
    }

    @Test("a shared secret works without any key set")
    func secret() async throws {
        let environment = [
            "AUTH": "on", "AUTH_ISSUER": TestIssuer.issuer, "AUTH_HMAC_SECRETS": String(repeating: "s", count: 32),
        ]
        try await withService(environment) { port, _ in
            let ready = try await fetch(port, get: "/readyz")
            #expect(ready.status == 200)
            // One that is signed with a key of its own is no token here.
            #expect(try await status(port, issuer.bearer()) == 401)
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Output>(_ transform: (Element) async throws -> Output) async rethrows -> [Output] {
        var outputs: [Output] = []
        for element in self { outputs.append(try await transform(element)) }
        return outputs
    }
}
