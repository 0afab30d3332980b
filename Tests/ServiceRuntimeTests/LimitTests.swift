import ServiceRuntime
import Testing

@Suite("Limits of the server", .serialized)
struct LimitTests {
    @Test("requests beyond the limit get 503 with Retry-After on the same connection; probes are answered")
    func inFlight() async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_MAX_IN_FLIGHT": "1"], hooks: hooks) { port, _ in
            let busy = try await RawConnection.open(port: port)
            try await busy.get("/slow")
            try await waitUntil { hooks.slowStarted.withLock { $0 } == 1 }
            let other = try await RawConnection.open(port: port)
            for path in ["/things/7", "/fast/7"] {
                try await other.get(path)
            }
            try await other.get("/livez")
            let answers = try await other.receive(answers: 3)
            #expect(answers.map(\.status) == [503, 503, 200])
            #expect(answers[0].slug == "too-many-requests" && answers[0]["retry-after"] == "1")
            hooks.slow.open()
            #expect(try await busy.receive(answers: 1)[0].status == 200)
            try await other.get("/things/7")
            #expect(try await other.receive(answers: 4)[3].status == 200)
            await busy.close()
            await other.close()
        }
    }

    @Test("a refused request's body is thrown away and the next request is read behind it")
    func refusedBody() async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_MAX_IN_FLIGHT": "1"], hooks: hooks) { port, _ in
            let busy = try await RawConnection.open(port: port)
            try await busy.get("/fast/1001")
            let pending = try await hooks.nextFast()
            let other = try await RawConnection.open(port: port)
            try await other.send("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
            #expect(try await other.receive(answers: 1)[0].status == 503)
            pending.responder.succeed(FastAnswer(json: []))
            try await busy.receive(answers: 1)
            try await other.send("cdeGET /things/7 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await other.receive(answers: 2)[1].status == 200)
            await busy.close()
            await other.close()
        }
    }

    @Test("on connections beyond the limit only probes are answered")
    func connections() async throws {
        try await withService(["HTTP_MAX_CONNECTIONS": "1"]) { port, _ in
            let first = try await RawConnection.open(port: port)
            try await first.get("/things/7")
            try await first.receive(answers: 1)
            #expect(try await fetch(port, get: "/livez").status == 200)
            let second = try await RawConnection.open(port: port)
            try await second.get("/things/7")
            let answer = try await second.receive(answers: 1)[0]
            #expect(answer.status == 503 && answer.slug == "too-many-connections" && answer["connection"] == "close")
            try await second.waitForEnd()
            await first.close()
            try await waitUntil { try await fetch(port, get: "/things/7").status == 200 }
        }
    }

    @Test("idle connections and half-sent requests are closed; a request in progress is not")
    func idle() async throws {
        let hooks = TestHooks()
        // By default it takes ten seconds and more.
        try await withService(["HTTP_IDLE_TIMEOUT": "1s"], hooks: hooks) { port, _ in
            let begin = ContinuousClock.now
            let silent = try await RawConnection.open(port: port)
            let halfHead = try await RawConnection.open(port: port)
            try await halfHead.send("GET / HT")
            let halfBody = try await RawConnection.open(port: port)
            try await halfBody.send(
                "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
            let served = try await RawConnection.open(port: port)
            try await served.get("/fast/1")
            let working = try await RawConnection.open(port: port)
            try await working.get("/slow")
            for connection in [silent, halfHead, halfBody, served] { try await connection.waitForEnd() }
            #expect(begin.duration(to: .now) < .seconds(9))
            #expect(!working.hasEnded)
            hooks.slow.open()
            #expect(try await working.receive(answers: 1)[0].status == 200)
            try await working.waitForEnd()
        }
    }
}
