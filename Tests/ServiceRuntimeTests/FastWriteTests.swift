import Foundation
import ServiceRuntime
import Testing

/// POSTs that are answered on the event loop, and what falls through to the ordinary route.
@Suite("Fast routes with a body", .serialized)
struct FastWriteTests {
    private func post(_ path: String, _ body: String, _ headers: String = "", length: Int? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length ?? body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    @Test("a small body is answered with its query, whole and in pieces")
    func small() async throws {
        try await withService { port, _ in
            #expect(try await fetch(port, post("/written?a=1", "hello")).body == #"{"fast":"hello","query":"a=1"}"#)
            let connection = try await RawConnection.open(port: port)
            for piece in ["POST /written HTTP/1.1\r\nHost: a\r\nContent-Le", "ngth: 6\r\n\r\n", "ab", "cd", "ef"] {
                try await connection.send(piece)
            }
            #expect(try await connection.receive(answers: 1)[0].body == #"{"fast":"abcdef","query":""}"#)
            await connection.close()
        }
    }

    @Test("pipelined ones are answered in order, beside ordinary ones")
    func pipelined() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                post("/written", "1") + "GET /things/2 HTTP/1.1\r\nHost: a\r\n\r\n" + post("/written", "3")
                    + post("/written", "slow") + post("/written", "5"))
            let bodies = try await connection.receive(answers: 5).map(\.body)
            #expect(
                bodies == [
                    #"{"fast":"1","query":""}"#, #"{"id":2,"title":"slow"}"#, #"{"fast":"3","query":""}"#,
                    #"{"id":4,"title":"ordinary"}"#, #"{"fast":"5","query":""}"#,
                ])
            await connection.close()
        }
    }

    /// A gathered request on each connection, while another one keeps the event loop from reading them.
    private func sendTogether(_ connections: [RawConnection], _ port: Int, _ hooks: TestHooks) async throws {
        let first = try await RawConnection.open(port: port)
        do {
            // Also where something fails: a loop that is kept would keep the service from stopping.
            defer { hooks.loopMayGo.signal() }
            try await first.send(post("/gathered", "block"))
            try await waitUntil { hooks.isLoopBlocked.load(ordering: .relaxed) }
            for connection in connections { try await connection.send(post("/gathered", "x")) }
        }
        #expect(try await first.receive(answers: 1)[0].body == "1")
        await first.close()
    }

    @Test("what comes in one turn of an event loop is handed on together")
    func turns() async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_THREADS": "1"], hooks: hooks) { port, _ in
            var others: [RawConnection] = []
            for _ in 0..<5 {
                others.append(try await RawConnection.open(port: port))
                try await others[others.count - 1].send(post("/gathered", "x"))
                #expect(try await others[others.count - 1].receive(answers: 1)[0].body == "1")
            }
            try await sendTogether(others, port, hooks)
            var sizes: [Int] = []
            for other in others {
                sizes.append(try #require(Int(try await other.receive(answers: 2)[1].body)))
                await other.close()
            }
            // All five, unless the kernel was slow to hand one over.
            #expect(try #require(sizes.max()) > 1)
        }
    }

    @Test("pipelined ones that are gathered are answered one after the other")
    func pipelinedTurns() async throws {
        try await withService { port, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                post("/gathered", "1") + post("/written", "2") + post("/gathered", "3") + post("/gathered", "4"))
            let bodies = try await connection.receive(answers: 4).map(\.body)
            #expect(bodies == ["1", #"{"fast":"2","query":""}"#, "1", "1"])
            await connection.close()
        }
    }

    @Test("more than a turn may gather is handed on before its end, and each is answered once")
    func fullTurns() async throws {
        let hooks = TestHooks()
        try await withService(["HTTP_THREADS": "1"], hooks: hooks) { port, _ in
            var others: [RawConnection] = []
            for _ in 0..<300 { others.append(try await RawConnection.open(port: port)) }
            try await sendTogether(others, port, hooks)
            for other in others {
                let size = try #require(Int(try await other.receive(answers: 1)[0].body))
                #expect((1...128).contains(size))
                await other.close()
            }
        }
    }

    @Test("what is larger, has no length, is declined or lies elsewhere takes the ordinary route, whole")
    func fallThrough() async throws {
        try await withService { port, _ in
            let large = String(repeating: "x", count: 1_001)
            let answer = try await fetch(port, post("/written", large))
            #expect(answer.body == #"{"id":1001,"title":"ordinary"}"#)
            #expect(try await fetch(port, post("/written", "slow!")).body == #"{"id":5,"title":"ordinary"}"#)
            let chunked = "POST /written HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            #expect(try await fetch(port, chunked).body == #"{"id":3,"title":"ordinary"}"#)
            #expect(try await fetch(port, post("/written", "")).body == #"{"id":0,"title":"ordinary"}"#)
            #expect(try await fetch(port, post("/written/2", "ab")).slug == "unknown-route")
            #expect(try await fetch(port, post("/writtens", "ab")).slug == "unknown-route")
            #expect(try await fetch(port, "GET /written HTTP/1.1\r\nHost: a\r\n\r\n").status == 405)
        }
    }

    @Test("a name in the path is told; what is not one plain segment takes the ordinary route")
    func named() async throws {
        try await withService { port, _ in
            let answer = try await fetch(port, post("/boxes/a-1/notes", "x"))
            #expect(answer.body == #"{"fast":"x","query":"a-1"}"#)
            for path in ["/boxes/a%2F1/notes", "/boxes/a/notes?b=1"] {
                #expect(try await fetch(port, post(path, "x")).body == #"{"id":1,"title":"ordinary"}"#)
            }
            for path in ["/boxes//notes", "/boxes/a/b/notes", "/boxes/notes", "/boxes/a/notes/2"] {
                #expect(try await fetch(port, post(path, "x")).slug == "unknown-route")
            }
        }
    }

    @Test("a client that goes away in the middle of its body leaves nothing behind")
    func gone() async throws {
        try await withService { port, _ in
            for _ in 0..<3 {
                let connection = try await RawConnection.open(port: port)
                try await connection.send(post("/written", "ab", length: 500))
                try await connection.halfClose()
                try await connection.waitForEnd()
                #expect(connection.received.isEmpty)
            }
            try await waitUntil {
                try await fetch(port, get: "/metrics").body.contains("\nhttp_requests_in_flight 1\n")
            }
        }
    }
}
