import Logging

// By name: HTTPTypes, which this module lets everybody see, has a type of the same name.
import class HTTPClient.HTTPClient
import struct HTTPClient.HTTPClientError
import struct HTTPClient.HTTPRequest

/// A key set that an identity provider publishes.
struct URLKeySource: KeySource {
    private static let timeout: Duration = .seconds(5)

    private let url: String
    private let client: HTTPClient

    init(url: String, logger: Logger) {
        self.url = url
        client = HTTPClient(maxConnections: 1, maxConnectionsPerHost: 1, queueLimit: 1, logger: logger)
    }

    func load() async throws -> [UInt8] {
        let request = HTTPRequest(
            url: url, headers: [("Accept", "application/jwk-set+json, application/json")], timeout: Self.timeout,
            connectTimeout: Self.timeout, maxResponseBytes: FileKeySource.maxBytes)
        do {
            let response = try await client.send(request)
            guard response.status == 200 else {
                throw KeySourceFault(description: "the answer was \(response.status)")
            }
            return response.body
        } catch let error as HTTPClientError {
            throw KeySourceFault(description: "no answer: \(error.code)")
        }
    }

    func close() async { await client.close() }
}
