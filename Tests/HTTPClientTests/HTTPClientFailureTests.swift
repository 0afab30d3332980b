import Foundation
import HTTPClient
import Logging
import TestSupport
import Testing

/// What a caller must know after a failure: may the request have been processed?
@Suite(.timeLimit(.minutes(5)))
struct HTTPClientFailureTests {
    private let client = HTTPClient(
        maxConnections: 1, maxConnectionsPerHost: 1, queueLimit: 1, logger: Logger(label: "test"))

    private func failure(of request: HTTPRequest) async -> HTTPClientError? {
        await #expect(throws: HTTPClientError.self) { try await client.send(request) }
    }

    /// Reads requests and never answers.
    private func silentServer() throws -> RawServer {
        try RawServer { connection in
            connection.readRequest()
            connection.waitForClose()
        }
    }

    private func waitUntil(_ condition: () -> Bool) async throws {
        try #require(await eventually(within: .seconds(60), every: .milliseconds(2), condition))
    }

    @Test func `a refused connection sent nothing`() async throws {
        // A port that is kept: nobody else can take it meanwhile.
        let error = await failure(of: HTTPRequest(url: "http://127.0.0.1:\(try FreePort.any())"))
        #expect(error?.code == .couldNotConnect && error?.requestWasSent == false)
    }

    @Test func `an unknown name sent nothing`() async {
        let error = await failure(of: HTTPRequest(url: "http://nowhere.invalid/"))
        #expect(error?.code == .couldNotConnect && error?.requestWasSent == false)
    }

    @Test func `a handshake that never ends sent nothing`() async throws {
        let server = try RawServer { $0.waitForClose() }
        defer { server.stop() }
        let error = await failure(
            of: HTTPRequest(url: "https://127.0.0.1:\(server.port)", connectTimeout: .milliseconds(100)))
        #expect(error?.code == .timeout && error?.requestWasSent == false)
    }

    @Test func `a server that speaks no TLS is a TLS failure and was sent nothing`() async throws {
        let server = try RawServer { $0.write("hello, this is not TLS\r\n") }
        defer { server.stop() }
        let error = await failure(of: HTTPRequest(url: "https://127.0.0.1:\(server.port)"))
        #expect(error?.code == .tls && error?.requestWasSent == false)
    }

    @Test func `a server that closes after reading may have processed the request`() async throws {
        let server = try RawServer { $0.readRequest() }
        defer { server.stop() }
        let error = await failure(of: HTTPRequest(method: "POST", url: server.url, freshConnection: true))
        #expect(error?.code == .connectionLost && error?.requestWasSent == true)
        #expect(server.requests.count == 1)
    }

    @Test func `a request on a fresh connection is never resent, even after others on kept connections`() async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest(), !request.contains("/once") { connection.answer() }
        }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest(url: server.url + "/first"))
        let error = await failure(of: HTTPRequest(method: "POST", url: server.url + "/once", freshConnection: true))
        #expect(error?.requestWasSent == true)
        #expect(server.requests.filter { $0.contains("/once") }.count == 1)
    }

    @Test func `an answer that breaks off is lost`() async throws {
        let server = try RawServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        }
        defer { server.stop() }
        let error = await failure(of: HTTPRequest(url: server.url))
        #expect(error?.code == .connectionLost && error?.requestWasSent == true)
    }

    @Test func `no answer in time may have been processed`() async throws {
        let server = try silentServer()
        defer { server.stop() }
        // Long enough to connect and to send.
        let error = await failure(of: HTTPRequest(url: server.url, timeout: .seconds(2)))
        #expect(error?.code == .timeout && error?.requestWasSent == true)
    }

    @Test func `past its last moment a request is not sent`() async throws {
        let server = try silentServer()
        defer { server.stop() }
        let error = await failure(of: HTTPRequest(method: "POST", url: server.url, sendBefore: .now))
        #expect(error?.code == .tooLateToSend && error?.requestWasSent == false)
        #expect(server.requests.isEmpty)
    }

    @Test func `an answer over the limit is refused`() async throws {
        let server = try RawServer { connection in
            connection.readRequest()
            connection.answer(body: String(repeating: "x", count: 5000))
        }
        defer { server.stop() }
        let error = await failure(of: HTTPRequest(url: server.url, maxResponseBytes: 4999))
        #expect(error?.code == .tooLarge && error?.requestWasSent == true)
        #expect(try await client.send(HTTPRequest(url: server.url, maxResponseBytes: 5000)).body.count == 5000)
    }

    @Test(arguments: ["", "nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://a b/"])
    func `what is no http URL is refused`(url: String) async {
        let error = await failure(of: HTTPRequest(url: url))
        #expect(error?.code == .invalidURL && error?.requestWasSent == false)
    }

    @Test func `headers and methods cannot smuggle a second request`() async {
        for request in [
            HTTPRequest(url: "http://127.0.0.1:1", headers: [("A", "b\r\nC: d")]),
            HTTPRequest(url: "http://127.0.0.1:1", headers: [("A b", "c")]),
            HTTPRequest(method: "GET / HTTP/1.1\r\n", url: "http://127.0.0.1:1"),
        ] {
            #expect(await failure(of: request)?.code == .invalidRequest)
        }
    }

    @Test func `a full queue refuses, and waiting counts towards the time-out`() async throws {
        let server = try silentServer()
        defer { server.stop() }
        async let running = failure(of: HTTPRequest(url: server.url, timeout: .seconds(8)))
        try await waitUntil { server.requests.count == 1 }
        async let waiting = failure(of: HTTPRequest(url: server.url, timeout: .seconds(4)))
        // The queue does not show its length: time enough to get into it, and not to leave it.
        try await Task.sleep(for: .seconds(1))
        #expect(await failure(of: HTTPRequest(url: server.url))?.code == .queueFull)
        let error = await waiting
        #expect(error?.code == .timeout && error?.requestWasSent == false)
        let first = await running
        #expect(first?.requestWasSent == true)
        #expect(server.requests.count == 1)
    }

    @Test func `cancellation aborts a transfer under way and one that waits`() async throws {
        let server = try silentServer()
        defer { server.stop() }
        let running = Task { await failure(of: HTTPRequest(url: server.url)) }
        try await waitUntil { server.requests.count == 1 }
        let waiting = Task {
            var error: HTTPClientError?
            // A probe may have the place.
            repeat { error = await failure(of: HTTPRequest(url: server.url)) } while error?.code == .queueFull
            return error
        }
        // The queue does not show its length, but it has one place.
        let probe = HTTPRequest(url: server.url, timeout: .milliseconds(20))
        #expect(await eventually { await failure(of: probe)?.code == .queueFull })
        // First: a place that becomes free is given to who waits.
        waiting.cancel()
        let second = await waiting.value
        #expect(second?.code == .cancelled && second?.requestWasSent == false)
        running.cancel()
        let first = await running.value
        #expect(first?.code == .cancelled && first?.requestWasSent == true)
    }

    @Test func `closing lets what runs finish and refuses the rest`() async throws {
        let server = try RawServer { connection in
            connection.readRequest()
            usleep(200_000)
            connection.answer()
        }
        defer { server.stop() }
        let client = client
        async let running = client.send(HTTPRequest(url: server.url))
        try await waitUntil { server.requests.count == 1 }
        await client.close()
        #expect(try await running.status == 200)
        #expect(await failure(of: HTTPRequest(url: server.url))?.code == .closed)
        await client.close()
    }

    @Test func `nothing that is shown holds the URL, a header or a body`() async {
        let request = HTTPRequest(
            url: "http://user:secret@127.0.0.1:1/bot123:secret/x", headers: [("A", "secret")],
            body: Array("secret".utf8))
        let error = await failure(of: request)
        for text in ["\(request)", String(reflecting: request), "\(error as Any)", String(reflecting: error)] {
            #expect(!text.contains("secret") && !text.contains("bot123"))
        }
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("secret"))
    }
}
