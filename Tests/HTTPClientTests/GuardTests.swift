import Foundation
import HTTPClient
import Logging
import TestSupport
import Testing

/// What protects a client that calls addresses of others' choosing.
@Suite(.timeLimit(.minutes(5)))
struct GuardTests {
    private let client = HTTPClient(maxConnections: 1, maxConnectionsPerHost: 1, logger: Logger(label: "test"))

    private func failure(of request: HTTPRequest) async -> HTTPClientError? {
        await #expect(throws: HTTPClientError.self) { try await client.send(request) }
    }

    @Test func `the address that is connected to is asked for, once a connection`() async throws {
        let server = try CallbackServer()
        defer { server.stop() }
        let asked = SharedCounter()
        var request = HTTPRequest(method: "POST", url: "http://localhost:\(server.port)/", body: [1])
        request.permitsAddress = { peer in
            asked.increment()
            return peer.bytes == [127, 0, 0, 1]
        }
        for _ in 0..<3 { #expect(try await client.send(request).status == 200) }
        #expect(asked.value >= 1 && asked.value <= 2, "IPv6 may be tried first, and the connection is kept")
    }

    @Test(arguments: ["127.0.0.1", "localhost", "2130706433"])
    func `an address that is not permitted is not connected to`(host: String) async throws {
        let server = try CallbackServer()
        defer { server.stop() }
        var request = HTTPRequest(method: "POST", url: "http://\(host):\(server.port)/", body: [1])
        request.permitsAddress = { _ in false }
        let error = await failure(of: request)
        #expect(error?.code == .addressRefused && error?.requestWasSent == false)
        #expect(server.callbacks.isEmpty)
    }

    @Test func `an unknown name is no refused address`() async {
        var request = HTTPRequest(url: "http://nowhere.invalid/")
        request.permitsAddress = { _ in false }
        #expect(await failure(of: request)?.code == .couldNotConnect)
    }

    @Test func `of a long answer the start is kept, and an endless one ends`() async throws {
        let server = try CallbackServer { callback in
            if callback.path == "/long" { return .answer("200 OK", body: String(repeating: "x", count: 100_000)) }
            return .raw { connection in
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
                for _ in 0..<1_000 { connection.write(chunk) }
            }
        }
        defer { server.stop() }
        var request = HTTPRequest(url: server.url + "/long")
        request.keptResponseBytes = 4_096
        let response = try await client.send(request)
        #expect(response.status == 200 && response.body == [UInt8](repeating: 120, count: 4_096))
        request.url = server.url + "/endless"
        #expect(await failure(of: request)?.code == .tooLarge)
    }

    @Test func `a request that waits for a connection spends nothing of its time-out`() async throws {
        let server = try CallbackServer { _ in
            Thread.sleep(forTimeInterval: 0.5)
            return .ok
        }
        defer { server.stop() }
        var request = HTTPRequest(method: "POST", url: server.url, body: [1], timeout: .milliseconds(2_500))
        request.timeoutCoversQueue = false
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 { group.addTask { [client, request] in try await client.send(request).status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == [200, 200, 200, 200, 200, 200])
        request.sendBefore = .now + .milliseconds(300)
        let results = await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<4 {
                group.addTask { [client, request] in
                    do { _ = try await client.send(request) } catch { return (error as? HTTPClientError)?.code }
                    return nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.contains { $0 == .tooLateToSend } && results.allSatisfy { $0 == nil || $0 == .tooLateToSend })
    }

    @Test func `what must be sent once is not sent again by itself when a kept connection dies`() async throws {
        let count = SharedCounter()
        let server = try CallbackServer { _ in count.increment() == 1 ? .ok : .raw { $0.reset() } }
        defer { server.stop() }
        var request = HTTPRequest(method: "POST", url: server.url, body: [1])
        request.sendsOnce = true
        #expect(try await client.send(request).status == 200)
        let error = await failure(of: request)
        #expect(error?.code == .connectionLost && error?.requestWasSent == true)
        #expect(server.callbacks.count == 2)
    }
}
