import ServiceRuntime
import Testing

@Suite("Clients that are slow", .serialized)
struct SlowClientTests {
    @Test("a header that comes byte by byte gets 408; a connection that only rests stays")
    func header() async throws {
        try await withService(["HTTP_HEADER_TIMEOUT": "300ms"]) { port, _ in
            let begin = ContinuousClock.now
            let resting = try await RawConnection.open(port: port)
            try await resting.get("/things/7")
            try await resting.receive(answers: 1)
            let silent = try await RawConnection.open(port: port)
            let slow = try await RawConnection.open(port: port)
            try await slow.send("GET /things/7 HTTP/1.1\r\nHost: a\r\nX-A: ")
            try await waitUntil {
                await slow.trySend("b")
                return !slow.received.isEmpty
            }
            let answer = try await slow.receive(answers: 1)[0]
            #expect(answer.status == 408 && answer.slug == "request-timeout" && answer["connection"] == "close")
            try await slow.waitForEnd()
            #expect(begin.duration(to: .now) < .seconds(9), "by default it takes ten seconds")
            #expect(!resting.hasEnded && !silent.hasEnded)
            for connection in [resting, silent] {
                try await connection.get("/things/7")
                try await waitUntil { RawAnswer.parse(connection.received).last?.status == 200 }
                await connection.close()
            }
        }
    }

    @Test("a second header on a kept connection has its own time")
    func secondHeader() async throws {
        try await withService(["HTTP_HEADER_TIMEOUT": "300ms"]) { port, _ in
            let slow = try await RawConnection.open(port: port)
            try await slow.send("GET /things/7 HTTP/1.1\r\nHost: a\r\n\r\nGET /things/8 HT")
            try await slow.receive(answers: 1)
            await slow.trySend("TP/1.1\r\n")
            #expect(try await slow.receive(answers: 2).map(\.status) == [200, 408])
            try await slow.waitForEnd()
        }
    }

    @Test(
        "a body that does not come in time gets 408, also one that comes byte by byte", arguments: ["/raw", "/written"])
    func body(path: String) async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_BODY_TIMEOUT": "300ms"], hooks: hooks) { port, _ in
            let begin = ContinuousClock.now
            let slow = try await RawConnection.open(port: port)
            try await slow.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n")
            try await waitUntil {
                await slow.trySend("x")
                return !slow.received.isEmpty
            }
            let answer = try await slow.receive(answers: 1)[0]
            #expect(answer.status == 408 && answer.slug == "request-timeout" && answer["connection"] == "close")
            try await slow.waitForEnd()
            #expect(begin.duration(to: .now) < .seconds(25), "by default it takes half a minute")
            #expect(RawAnswer.parse(slow.received).count == 1)
            if path == "/raw" { try await waitUntil { hooks.stopped.withLock { $0 } == ["failed"] } }
        }
    }

    @Test("a chunked body is cut off too; a stream of lines may take its time")
    func chunked() async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_BODY_TIMEOUT": "300ms"], hooks: hooks) { port, _ in
            let head = "POST /raw HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            let stream = try await RawConnection.open(port: port)
            try await stream.send(head + "Content-Type: application/x-ndjson\r\n\r\n1\r\na\r\n")
            let slow = try await RawConnection.open(port: port)
            try await slow.send(head + "\r\n1\r\na\r\n")
            #expect(try await slow.receive(answers: 1)[0].status == 408)
            try await slow.waitForEnd()
            #expect(!stream.hasEnded)
            try await stream.send("1\r\nb\r\n0\r\n\r\n")
            #expect(try await stream.receive(answers: 1)[0].status == 204)
            try await waitUntil { hooks.stopped.withLock { $0.sorted() } == ["failed", "read 2"] }
            await stream.close()
        }
    }

    @Test("time in which the server works on an earlier request counts against nobody")
    func busy() async throws {
        let hooks = TestHooks()
        // Long enough to send the rest of a request.
        try await withService(["HTTP_HEADER_TIMEOUT": "2s"], hooks: hooks) { port, _ in
            let pipelining = try await RawConnection.open(port: port)
            try await pipelining.get("/slow")
            try await waitUntil { hooks.slowStarted.withLock { $0 } == 1 }
            try await pipelining.send("GET /things/7 HT")
            // Three clients after one another are cut off in the meantime.
            for _ in 0..<3 {
                let slow = try await RawConnection.open(port: port)
                try await slow.send("GET")
                try await slow.waitForEnd()
            }
            #expect(!pipelining.hasEnded)
            hooks.slow.open()
            try await pipelining.receive(answers: 1)
            try await pipelining.send("TP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await pipelining.receive(answers: 2).map(\.status) == [200, 200])
            await pipelining.close()
        }
    }

    @Test("500 slow clients do not stop a fast one, and all of them are cut off")
    func many() async throws {
        // Who had to wait for them would wait that long.
        try await withService(["HTTP_HEADER_TIMEOUT": "10s", "HTTP_BODY_TIMEOUT": "10s"]) { port, _ in
            var slow: [RawConnection] = []
            for number in 0..<500 {
                let connection = try await RawConnection.open(port: port)
                try await connection.send(
                    number % 2 == 0
                        ? "GET / HTTP/1.1\r\nX" : "POST /raw HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
                slow.append(connection)
            }
            let clock = ContinuousClock()
            var slowest = Duration.zero
            for _ in 0..<100 {
                let begin = clock.now
                #expect(try await fetch(port, get: "/things/7").status == 200)
                let taken = begin.duration(to: clock.now)
                slowest = max(slowest, taken)
            }
            #expect(slowest < .seconds(5))
            for connection in slow {
                try await connection.waitForEnd()
                #expect(RawAnswer.parse(connection.received).map(\.status) == [408])
            }
        }
    }
}
