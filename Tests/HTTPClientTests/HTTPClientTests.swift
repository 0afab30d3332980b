import HTTPClient
import Logging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct HTTPClientTests {
    private func client(connections: Int = 8, perHost: Int = 8, queue: Int = 100) -> HTTPClient {
        HTTPClient(
            maxConnections: connections, maxConnectionsPerHost: perHost, queueLimit: queue,
            logger: Logger(label: "test"))
    }

    @Test func `a request reaches the server as it was given and the answer comes back whole`() async throws {
        let server = try RawServer { connection in
            connection.readRequest()
            connection.answer("201 Created", body: #"{"ok":true}"#, headers: "X-Thing: one\r\n")
        }
        defer { server.stop() }
        let response = try await client().send(
            HTTPRequest(
                method: "POST", url: server.url + "/a/b?c=d",
                headers: [("Content-Type", "application/json"), ("X-Empty", "")], body: Array(#"{"a":1}"#.utf8)))
        #expect(response.status == 201 && response.isSuccess)
        #expect(response["x-thing"] == "one" && response["nothing"] == nil)
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"ok":true}"#)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /a/b?c=d HTTP/1.1\r\n"))
        #expect(request.contains("\r\nContent-Type: application/json\r\n"))
        #expect(request.contains("\r\nX-Empty:\r\n"))
        #expect(!request.contains("Expect:"))
        #expect(request.hasSuffix(#"{"a":1}"#))
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "PUT", "PATCH"])
    func `every method is sent under its own name`(method: String) async throws {
        let server = try RawServer { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        defer { server.stop() }
        let response = try await client().send(HTTPRequest(method: method, url: server.url))
        #expect(response.status == 204)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("\(method) / HTTP/1.1"))
        #expect(request.contains("Content-Length: 0") == ["PUT", "PATCH"].contains(method))
    }

    @Test func `nothing of a request is left for the next one on the same handle`() async throws {
        let server = try RawServer { connection in
            while connection.readRequest() != nil { connection.write("HTTP/1.1 204 No Content\r\n\r\n") }
        }
        defer { server.stop() }
        let client = client(connections: 1, perHost: 1)
        let header = [(name: "X-Secret", value: "1"), (name: "Content-Type", value: "text/plain")]
        for method in ["POST", "HEAD", "GET", "PUT", "GET", "POST", "DELETE", "HEAD", "POST"] {
            let isFirst = server.requests.isEmpty
            _ = try await client.send(
                HTTPRequest(
                    method: method, url: server.url, headers: isFirst ? header : [],
                    body: isFirst ? Array("first".utf8) : nil))
            let request = try #require(server.requests.last)
            #expect(request.hasPrefix("\(method) / HTTP/1.1\r\n"))
            #expect(request.contains("X-Secret") == isFirst && request.contains("Content-Type") == isFirst)
            #expect(request.hasSuffix("first") == isFirst && request.contains("Expect:") == false)
            let isEmpty = ["POST", "PUT"].contains(method) && !isFirst
            #expect(request.contains("Content-Length: 0") == isEmpty, "\(method)")
        }
        #expect(server.requests.count == 9 && server.connections == 1)
    }

    @Test func `chunked answers, interim answers and redirects come as they are`() async throws {
        let server = try RawServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            connection.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        }
        defer { server.stop() }
        let response = try await client().send(HTTPRequest(url: server.url))
        #expect(response.status == 302 && response["location"] == "/elsewhere" && response["x-early"] == nil)
        #expect(String(decoding: response.body, as: UTF8.self) == "abcde")
        #expect(server.requests.count == 1)
    }

    @Test func `connections are kept, except for requests that want their own`() async throws {
        let server = try RawServer { connection in
            while connection.readRequest() != nil { connection.answer() }
        }
        defer { server.stop() }
        let client = client()
        for _ in 1...3 { _ = try await client.send(HTTPRequest(url: server.url)) }
        #expect(server.connections == 1)
        for _ in 1...2 { _ = try await client.send(HTTPRequest(url: server.url, freshConnection: true)) }
        #expect(server.connections == 3)
    }

    @Test func `many requests at once are all answered, no more than the limit at a time`() async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                connection.answer(body: String(request.split(separator: " ")[1]))
            }
        }
        defer { server.stop() }
        let client = client(connections: 4, perHost: 4, queue: 500)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: "\(server.url)/\(number)"))
                    return response.body == Array("/\(number)".utf8)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(server.connections <= 4)
        await client.close()
    }
}
