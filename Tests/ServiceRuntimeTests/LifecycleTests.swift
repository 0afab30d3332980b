import Foundation
import ServiceRuntime
import Synchronization
import Testing

@Suite("Lifecycle", .serialized)
struct LifecycleTests {
    @Test("a shutdown makes the service not ready at once, finishes what is in flight and closes what is idle")
    func shutDown() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, application in
            let idle = try await RawConnection.open(port: port)
            try await idle.get("/things/1")
            try await idle.receive(answers: 1)
            let busy = try await RawConnection.open(port: port)
            try await busy.get("/slow")
            let fast = try await RawConnection.open(port: port)
            try await fast.get("/fast/1001")
            let pending = try await hooks.nextFast()
            try await waitUntil { hooks.slowStarted.withLock { $0 } == 1 }

            // Long enough for the three requests that come meanwhile.
            application.shutDown(drain: .seconds(5))
            let ready = try await fetch(port, get: "/readyz")
            #expect(ready.status == 503 && ready["connection"] == "close")
            #expect(try await fetch(port, get: "/livez").status == 200)
            let during = try await fetch(port, get: "/things/1")
            #expect(during.status == 200 && during["connection"] == "close")
            #expect(!idle.hasEnded)

            try await idle.waitForEnd()
            try await waitUntil { (try? await RawConnection.open(port: port)) == nil }
            #expect(hooks.stopped.withLock { $0 }.isEmpty)
            hooks.slow.open()
            pending.responder.succeed(FastAnswer(json: Array("{}".utf8)))
            #expect(try await busy.receive(answers: 1)[0].body == #"{"id":1,"title":"waited"}"#)
            #expect(try await fast.receive(answers: 1)[0].body == "{}")
            try await busy.waitForEnd()
            try await fast.waitForEnd()
        }
        #expect(hooks.stopped.withLock { $0 } == ["consumer", "store"])
    }

    @Test("a client that sends half a request does not hold up the shutdown")
    func halfRequest() async throws {
        let start = ContinuousClock.now
        let hooks = TestHooks()
        // None of these times must be what ends it.
        let environment = [
            "HTTP_HEADER_TIMEOUT": "3600s", "HTTP_BODY_TIMEOUT": "3600s", "HTTP_IDLE_TIMEOUT": "3600s",
            "SHUTDOWN_TIMEOUT": "120s",
        ]
        try await withService(environment, hooks: hooks) { port, application in
            for head in ["GET / HTT", "POST /raw HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"] {
                try await RawConnection.open(port: port).send(head)
            }
            try await waitUntil { hooks.slowStarted.withLock { $0 } == 1 }
            application.shutDown(drain: .zero)
        }
        #expect(start.duration(to: .now) < .seconds(60))
    }

    @Test("a store that is away keeps the service live and not ready until it is back")
    func storeAway() async throws {
        let isAway = Mutex(true)
        let box = Shared(isAway)
        let hooks = TestHooks { if box.value.withLock({ $0 }) { throw StoreAway() } }
        try await withService(hooks: hooks) { port, _ in
            #expect(try await fetch(port, get: "/livez").status == 200)
            let ready = try await fetch(port, get: "/readyz")
            #expect(ready.status == 503 && ready.body.contains("start-up checks have not passed yet"))
            box.value.withLock { $0 = false }
            try await waitUntil { try await fetch(port, get: "/readyz").status == 200 }
        }
    }

    @Test("a preflight that hangs does not keep the service from being live")
    func hangingPreflight() async throws {
        let hooks = TestHooks { try await Task.sleep(for: .seconds(60)) }
        try await withService(hooks: hooks) { port, _ in
            let live = try await fetch(port, get: "/livez")
            let ready = try await fetch(port, get: "/readyz")
            #expect(live.status == 200 && ready.status == 503)
        }
    }

    @Test("what is wrong rather than away ends the service with that error")
    func wrong() async throws {
        let application = try ServiceApplication(
            TestService.self, configuration: TestConfiguration(hooks: TestHooks { throw WrongPassword() }),
            logger: .silent)
        await #expect(throws: WrongPassword.self) { try await application.run() }
    }

    @Test("a port in use is named")
    func portInUse() async throws {
        try await withService { port, _ in
            let second = try ServiceApplication(
                TestService.self, configuration: TestConfiguration(["HTTP_PORT": "\(port)"]), logger: .silent)
            let error = await #expect(throws: SettingError.self) { try await second.run() }
            #expect(error?.description.hasPrefix("HTTP_PORT: 127.0.0.1:\(port) is already in use") == true)
        }
    }

    @Test("LIVENESS_FILE decides liveness")
    func livenessFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "alive-\(UUID())").path()
        try Data().write(to: URL(filePath: path))
        try await withService(["LIVENESS_FILE": path]) { port, _ in
            #expect(try await fetch(port, get: "/livez").status == 200)
            try FileManager.default.removeItem(atPath: path)
            #expect(try await fetch(port, get: "/livez").status == 503)
        }
    }

    @Test("only deciding checks decide, and probes do not load the store")
    func readiness() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let begin = ContinuousClock.now
            for _ in 0..<20 { #expect(try await fetch(port, get: "/readyz").status == 200) }
            // A result is good for 200 ms.
            let results = Int(begin.duration(to: .now) / .milliseconds(200))
            #expect(hooks.probes.withLock { $0 } < 10 + results)
            hooks.databaseIsUp.store(false, ordering: .relaxed)
            try await waitUntil { try await fetch(port, get: "/readyz").status == 503 }
            hooks.databaseIsUp.store(true, ordering: .relaxed)
            try await waitUntil { try await fetch(port, get: "/readyz").status == 200 }
        }
    }
}

/// Gives a Mutex to an escaping closure.
final class Shared: Sendable {
    let value: Mutex<Bool>
    init(_ value: consuming Mutex<Bool>) { self.value = value }
}
