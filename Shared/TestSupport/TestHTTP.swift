import Foundation
import HTTPClient
import Logging

/// A JSON client for tests.
public final class TestHTTP: Sendable {
    private let client = HTTPClient(
        maxConnections: 256, maxConnectionsPerHost: 256, queueLimit: 100_000, logger: Logger(label: "test"))

    public init() {}

    /// An answer with its body as JSON.
    public struct Answer: Sendable {
        public let status: Int
        public let headers: [(name: String, value: String)]
        public let body: [UInt8]

        public subscript(header name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as `Value`.
        public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            do {
                return try JSONDecoder().decode(type, from: Data(body))
            } catch {
                throw TestFailure("\(status) \(text.prefix(500)) is not \(type): \(error)")
            }
        }
    }

    public func get(_ url: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", url, nil, headers: headers)
    }

    /// Sends a JSON text.
    public func post(_ url: String, _ json: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", url, json, headers: headers)
    }

    public func send(
        _ method: String, _ url: String, _ json: String?, headers: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        var fields = headers.map { (name: $0.key, value: $0.value) }
        if json != nil, headers["content-type"] == nil { fields.append(("content-type", "application/json")) }
        return try await perform(method, url, fields, json.map { Array($0.utf8) }, timeout)
    }

    /// Sends bytes of any kind, without a content type unless `headers` have one.
    public func post(bytes: [UInt8], to url: String, headers: [String: String] = [:]) async throws -> Answer {
        try await perform("POST", url, headers.map { (name: $0.key, value: $0.value) }, bytes, .seconds(60))
    }

    private func perform(
        _ method: String, _ url: String, _ headers: [(name: String, value: String)], _ body: [UInt8]?,
        _ timeout: Duration
    ) async throws -> Answer {
        let response = try await client.send(
            HTTPRequest(method: method, url: url, headers: headers, body: body, timeout: timeout))
        return Answer(status: response.status, headers: response.headers, body: response.body)
    }

    public func close() async { await client.close() }
}
