import ServiceRuntime
import Testing

@Suite("HTTP", .serialized)
struct HTTPTests {
    @Test("404, 405 with Allow, OPTIONS and HEAD follow from the routes")
    func unmatched() async throws {
        try await withService { port, _ in
            let unknown = try await fetch(port, get: "/nothing/here?x=1")
            #expect(unknown.status == 404 && unknown.slug == "unknown-route")
            #expect(unknown["content-type"] == "application/problem+json")
            let wrong = try await fetch(port, "PUT /things/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(wrong.status == 405 && wrong.slug == "method-not-allowed")
            #expect(wrong["allow"] == "DELETE, GET, HEAD, OPTIONS")
            let options = try await fetch(port, "OPTIONS /things HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(options.status == 204 && options["allow"] == "GET, HEAD, OPTIONS, POST")
            let literal = try await fetch(port, get: "/things/literal")
            #expect(literal.status == 405 && literal["allow"] == "OPTIONS, POST")
            let connection = try await RawConnection.open(port: port)
            try await connection.send("HEAD /things/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try await connection.waitForEnd()
            #expect(RawAnswer.parse(connection.received, head: true)[0].status == 200)
            #expect(connection.received.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(
        "bodies that are wrong say what to change",
        arguments: [
            ("{\"customerId\":1,\"x\":2}", 422, "unknown-field"), ("{}", 422, "missing-field"),
            ("{\"customerId\":\"1\"}", 422, "invalid-field"), ("{\"customerId\":null}", 422, "missing-field"),
            ("{\"customerId\":9223372036854775808}", 422, "invalid-field"),
            ("{\"customerId\":1.5}", 422, "invalid-field"),
            ("{\"customerId\":0}", 422, "invalid-field"), ("{\"customerId\":1,\"title\":5}", 422, "invalid-field"),
            ("{\"customerId\":1,\"title\":\"12345678901\"}", 422, "invalid-field"),
            ("{\"customerId\":1,\"title\":\"a\\u0000\"}", 422, "invalid-field"),
            ("{\"customerId\":1,\"status\":\"RewardAllocated\"}", 422, "invalid-field"),
            ("{\"customerId\":1,\"at\":\"yesterday\"}", 422, "invalid-field"),
            ("{\"customerId\":1,\"inner\":{\"flag\":1}}", 422, "invalid-field"),
            ("{\"customerId\":1,\"inner\":{\"other\":1}}", 422, "unknown-field"),
            ("[]", 422, "invalid-field"), ("", 400, "malformed-json"), ("{", 400, "malformed-json"),
            ("{\"customerId\":1}{}", 400, "malformed-json"),
            ("{\"customerId\":1,\"customerId\":2}", 400, "malformed-json"),
        ])
    func badBodies(body: String, status: Int, slug: String) async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, post: "/things", body)
            #expect(answer.status == status && answer.slug == slug, "\(answer.body)")
        }
    }

    @Test("a body that is nested deeper than 64 levels is refused, however deep it is")
    func deepBody() async throws {
        try await withService { port, _ in
            for (open, count) in [("{\"customerId\":", 65), ("[", 65), ("[", 1_000_000)] {
                let answer = try await fetch(port, post: "/things", String(repeating: open, count: count))
                #expect(answer.status == 400 && answer.slug == "malformed-json")
                #expect((answer.json["detail"] as? String)?.contains("nested deeper than 64 levels") == true)
            }
        }
    }

    @Test("a good body is taken, with and without charset")
    func goodBody() async throws {
        try await withService { port, _ in
            for type in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
                let answer = try await fetch(port, post: "/things", #"{"customerId":5,"title":"a"}"#, type: type)
                #expect(answer.status == 201 && answer["location"] == "/things/5")
                #expect(answer["consistency-token"] == "mission/5@1")
            }
            let nulls = #"{"customerId":5,"title":null,"status":null,"at":null,"inner":null}"#
            #expect(try await fetch(port, post: "/things", nulls).status == 201)
        }
    }

    @Test("other media types are refused", arguments: [nil, "text/plain", "application/json; charset=latin1"])
    func mediaType(type: String?) async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, post: "/things", "{}", type: type)
            #expect(answer.status == 415 && answer.slug == "unsupported-media-type")
        }
    }

    @Test("a body of 1 MiB is read, one byte more is refused, declared or not")
    func bodyLimit() async throws {
        try await withService { port, _ in
            let exact = "{\"customerId\":1}" + String(repeating: " ", count: (1 << 20) - 16)
            #expect(try await fetch(port, post: "/things", exact).status == 201)
            let answer = try await fetch(port, post: "/things", exact + " ")
            #expect(answer.status == 413 && answer.slug == "body-too-large" && answer["connection"] == "close")
            let connection = try await RawConnection.open(port: port)
            let chunk = String(repeating: " ", count: 0x8000)
            try await connection.send(
                "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for _ in 0..<33 { await connection.trySend("8000\r\n\(chunk)\r\n") }
            #expect(try await connection.receive(answers: 1)[0].status == 413)
            try await connection.waitForEnd()
        }
    }

    @Test("half a body never passes for a whole one", arguments: ["Content-Length: 40", "Transfer-Encoding: chunked"])
    func cutBody(length: String) async throws {
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            for end in [true, false] {
                let connection = try await RawConnection.open(port: port)
                let body = #"{"customerId":1}"#
                let sent = length.hasPrefix("T") ? "10\r\n\(body)\r\n" : body
                try await connection.send(
                    "POST /raw HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(length)\r\n\r\n\(sent)")
                try await waitUntil { hooks.slowStarted.withLock { $0 } > 0 }
                if end { try await connection.halfClose() } else { await connection.close() }
                try await connection.waitForEnd()
                #expect(!connection.received.contains("HTTP/1.1 20"), "\(connection.received)")
            }
            try await waitUntil { hooks.stopped.withLock { $0 }.count == 2 }
            #expect(hooks.stopped.withLock { $0 } == ["failed", "failed"])
        }
    }

    @Test("Expect: 100-continue is answered before the body")
    func expectContinue() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 16\r\n\r\n")
            try await connection.receive { $0.hasPrefix("HTTP/1.1 100 Continue\r\n") }
            try await connection.send(#"{"customerId":1}"#)
            #expect(try await connection.receive(answers: 2)[1].status == 201)
            await connection.close()
        }
    }

    @Test(
        "queries are checked",
        arguments: [
            ("limit=0", "invalid-parameter"), ("limit=501", "invalid-parameter"), ("limit=x", "invalid-parameter"),
            ("after=zzz", "invalid-parameter"), ("customerId=-1", "invalid-parameter"),
            ("customerId=1&customerId=1", "invalid-parameter"), ("status=Nope", "invalid-parameter"),
            ("customer=1", "unknown-parameter"), ("limit=%zz", "invalid-parameter"), ("limit=", "invalid-parameter"),
        ])
    func badQueries(query: String, slug: String) async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, get: "/things?\(query)")
            #expect(answer.status == 400 && answer.slug == slug, "\(answer.body)")
        }
    }

    @Test("pages follow one another")
    func pages() async throws {
        try await withService { port, _ in
            let first = try await fetch(port, get: "/things?limit=2&status=Created&customerId=7")
            #expect((first.json["items"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [1, 2])
            let next = try #require(first.json["next"] as? String)
            let second = try await fetch(port, get: "/things?after=\(next)&limit=1")
            #expect((second.json["items"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [3])
        }
    }

    @Test(
        "ids in paths are positive 64-bit integers", arguments: ["0", "-1", "x", "01x", "9223372036854775808", "1.0"])
    func pathIDs(id: String) async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, get: "/things/\(id)")
            #expect(answer.status == 400 && answer.slug == "invalid-id")
        }
    }

    @Test("text in paths is percent-decoded")
    func pathText() async throws {
        try await withService { port, _ in
            let good = try await fetch(port, get: "/names/a%20b%2Fc")
            #expect(good.json["title"] as? String == "a b/c")
            let bad = try await fetch(port, get: "/names/a%2")
            #expect(bad.slug == "invalid-path")
        }
    }

    @Test("an Idempotency-Key is checked and belongs to method, path and body")
    func idempotencyKey() async throws {
        try await withService { port, _ in
            let body = #"{"customerId":5}"#
            let good = try await fetch(port, post: "/things", body, headers: "Idempotency-Key: k-1\r\n")
            #expect(good.json["title"] as? String == "POST /things k-1 32")
            for key in [String(repeating: "k", count: 256), "a b", "ä"] {
                let bad = try await fetch(port, post: "/things", body, headers: "Idempotency-Key: \(key)\r\n")
                #expect(bad.status == 400, "\(key) \(bad.body)")
            }
            let twice = "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"
            #expect(try await fetch(port, post: "/things", body, headers: twice).slug == "invalid-idempotency-key")
        }
    }

    @Test("errors of all kinds are problems, and what was not foreseen tells nothing")
    func errors() async throws {
        try await withService { port, _ in
            let broken = try await fetch(port, get: "/broken")
            #expect(broken.status == 500 && broken.slug == "internal-error" && !broken.body.contains("hunter2"))
            #expect(try await fetch(port, get: "/refused").status == 401)
            let away = try await fetch(port, get: "/away")
            #expect(away.status == 503 && away["retry-after"] == "1" && away.slug == "store-unavailable")
        }
    }

    @Test("request id, correlation id and trace are taken when sane and made otherwise")
    func identifiers() async throws {
        try await withService { port, _ in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let given = try await fetch(
                port, get: "/echo",
                headers: "x-request-id: r1\r\ncorrelationid: c1\r\ntraceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n")
            #expect(given.body == "[\"r1\",\"c1\",\"\(trace)\"]")
            #expect(given["x-request-id"] == "r1" && given["correlationid"] == "c1")
            let made = try await fetch(port, get: "/echo", headers: "x-request-id: a b\r\ncorrelationid: <x>\r\n")
            #expect(made["x-request-id"]?.count == 36 && made["correlationid"]?.count == 36)
        }
    }

    @Test("what is not HTTP gets 400, too large headers get 431, and the connection ends")
    func brokenInput() async throws {
        try await withService { port, _ in
            for (text, status) in [
                ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: a\r\nx: \(String(repeating: "a", count: 20_000))\r\n\r\n", 431),
                (
                    "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                    400
                ),
            ] {
                let connection = try await RawConnection.open(port: port)
                await connection.trySend(text)
                try await connection.waitForEnd()
                let answers = RawAnswer.parse(connection.received)
                #expect(answers.map(\.status) == [status], "\(text.prefix(40)) \(connection.received)")
                #expect(answers.first?["content-type"] == "application/problem+json")
            }
        }
    }

    @Test("the operational routes answer")
    func operational() async throws {
        try await withService { port, _ in
            let openAPI = try await fetch(port, get: "/openapi.yaml")
            #expect(openAPI.body == "openapi: 3.1.0\n" && openAPI["content-type"] == "application/yaml")
            #expect(try await fetch(port, get: "/livez").status == 200)
            #expect(try await fetch(port, get: "/readyz").json["status"] as? String == "ready")
            _ = try await fetch(port, get: "/things/7")
            let metrics = try await fetch(port, get: "/metrics")
            #expect(metrics.body.contains(#"http_requests_total{method="GET",route="/things/{id}",status="200"}"#))
            #expect(metrics.body.contains("# TYPE process_resident_memory_bytes gauge"))
            #expect(metrics.body.contains("\nhttp_requests_in_flight "))
        }
    }
}
