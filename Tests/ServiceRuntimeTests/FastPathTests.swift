import ServiceRuntime
import Testing

@Suite("Fast routes", .serialized)
struct FastPathTests {
    @Test("answer on the event loop, keep the connection, and carry the same headers")
    func answers() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.get("/fast/7", headers: "x-request-id: abc\r\n")
            let first = try await connection.receive(answers: 1)[0]
            #expect(first.status == 200 && first.body == #"{"fast":7}"#)
            #expect(first["content-type"] == "application/json" && first["x-request-id"] == "abc")
            #expect(first["date"] != nil && first["connection"] == nil)
            try await connection.get("/fast/8")
            #expect(try await connection.receive(answers: 2)[1].body == #"{"fast":8}"#)
            await connection.close()
        }
    }

    @Test("answer errors as problem+json")
    func problems() async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, get: "/fast/404")
            #expect(answer.status == 404 && answer.slug == "unknown-thing")
            #expect(answer["content-type"] == "application/problem+json")
        }
    }

    @Test("a responder that is dropped answers 500")
    func dropped() async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, get: "/fast/1666")
            #expect(answer.status == 500 && answer.slug == "internal-error")
        }
    }

    @Test("HEAD has the length and no body")
    func head() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send("HEAD /fast/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try await connection.waitForEnd()
            #expect(connection.received.contains("Content-Length: 10"))
            #expect(connection.received.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("fall through: ids that are none, bodies, queries, further segments")
    func fallThrough() async throws {
        try await withService { port, _ in
            #expect(try await fetch(port, get: "/fast/x").slug == "invalid-id")
            #expect(try await fetch(port, get: "/fast/7?a=1").slug == "unknown-parameter")
            #expect(try await fetch(port, get: "/fast/7/8").slug == "unknown-route")
            #expect(try await fetch(port, get: "/fast/").status == 404)
            let answer = try await fetch(port, "GET /fast/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            #expect(answer.body == #"{"id":7,"title":"slow"}"#)
        }
    }

    @Test("pipelined fast and ordinary requests are answered in order")
    func pipelining() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            let paths = ["/fast/1", "/things/2", "/fast/3", "/fast/4", "/things/5", "/fast/6"]
            let requests = paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            try await connection.send(requests)
            let bodies = try await connection.receive(answers: 6).map(\.body)
            #expect(
                bodies == [
                    #"{"fast":1}"#, #"{"id":2,"title":"slow"}"#, #"{"fast":3}"#, #"{"fast":4}"#,
                    #"{"id":5,"title":"slow"}"#, #"{"fast":6}"#,
                ])
            await connection.close()
        }
    }

    @Test("a fast answer does not overtake an ordinary one that is still due")
    func noOvertaking() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.get("/slow")
            try await connection.get("/fast/3")
            try await waitUntil { hooks.slowStarted.withLock { $0 } == 1 }
            #expect(connection.received.isEmpty)
            hooks.slow.open()
            let bodies = try await connection.receive(answers: 2).map(\.body)
            #expect(bodies == [#"{"id":1,"title":"waited"}"#, #"{"fast":3}"#])
            await connection.close()
        }
    }

    @Test("an answer may come later from another thread, and what is pipelined behind it waits")
    func later() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                "GET /fast/1001 HTTP/1.1\r\nHost: a\r\n\r\nGET /things/2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let pending = try await hooks.nextFast()
            #expect(pending.id == 1001 && connection.received.isEmpty)
            pending.responder.succeed(FastAnswer(json: Array("{}".utf8)))
            pending.responder.succeed(FastAnswer(json: Array("[]".utf8)))
            #expect(try await connection.receive(answers: 2).map(\.body) == ["{}", #"{"id":2,"title":"slow"}"#])
            await connection.close()
        }
    }

    @Test("a batch answers many connections")
    func batch() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            var connections: [RawConnection] = []
            for id in 0..<8 {
                let connection = try await RawConnection.open(port: port)
                try await connection.get("/fast/\(2000 + id)")
                connections.append(connection)
            }
            var batch: [(responder: FastResponder, answer: FastAnswer)] = []
            for _ in 0..<8 {
                let pending = try await hooks.nextFast()
                batch.append((pending.responder, FastAnswer(json: Array("\(pending.id)".utf8))))
            }
            FastResponder.answer(batch)
            for (id, connection) in connections.enumerated() {
                #expect(try await connection.receive(answers: 1)[0].body == "\(2000 + id)")
                await connection.close()
            }
        }
    }

    @Test("Connection: close is honoured, and so is HTTP/1.0")
    func close() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.get("/fast/7", headers: "Connection: close\r\n")
            try await connection.waitForEnd()
            #expect(RawAnswer.parse(connection.received)[0]["connection"] == "close")
            for path in ["/fast/7", "/things/7"] {
                let old = try await RawConnection.open(port: port)
                try await old.send("GET \(path) HTTP/1.0\r\n\r\n")
                try await old.waitForEnd()
                #expect(RawAnswer.parse(old.received).map(\.status) == [200])
            }
        }
    }

    @Test("a client that half-closes behind its requests gets all answers")
    func halfClose() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                "GET /fast/1001 HTTP/1.1\r\nHost: a\r\n\r\nGET /things/2 HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /fast/3 HTTP/1.1\r\nHost: a\r\n\r\n")
            try await connection.halfClose()
            let pending = try await hooks.nextFast()
            pending.responder.succeed(FastAnswer(json: Array("{}".utf8)))
            try await connection.waitForEnd()
            let bodies = RawAnswer.parse(connection.received).map(\.body)
            #expect(bodies == ["{}", #"{"id":2,"title":"slow"}"#, #"{"fast":3}"#])
        }
    }

    @Test("an answer for a client that has gone is dropped")
    func clientGone() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.get("/fast/1001")
            let pending = try await hooks.nextFast()
            await connection.close()
            pending.responder.succeed(FastAnswer(json: Array("{}".utf8)))
            #expect(try await fetch(port, get: "/fast/5").body == #"{"fast":5}"#)
        }
    }

    @Test("many pipelined requests behind a pending answer are bounded and none is lost")
    func manyPipelined() async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.get("/fast/1001")
            let pending = try await hooks.nextFast()
            let more = (0..<2000).map { "GET /fast/\($0 % 900 + 1) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            async let sent: Void = connection.trySend(more)
            try await Task.sleep(for: .milliseconds(50))
            pending.responder.succeed(FastAnswer(json: Array("{}".utf8)))
            await sent
            let last = #"{"fast":\#(1999 % 900 + 1)}"#
            try await connection.receive { $0.hasSuffix(last) && RawAnswer.parse($0).count == 2001 }
            await connection.close()
        }
    }
}
