import Auth
import Contracts
import Foundation
import HTTPClient
import Resilience

/// Telegram's `POST /telegrams`, behind a deadline, a circuit breaker and a bulkhead.
struct HTTPMessenger: Messenger, CustomStringConvertible {
    private let client: HTTPClient
    private let url: String
    private let token: ServiceToken?
    private let timeout: Duration
    private let call: RemoteCall

    /// - Parameters:
    ///   - url: Without a slash at its end.
    ///   - token: What telegram knows this service by, where it asks for it.
    ///   - timeout: The call's deadline; the connection is given up with it.
    init(client: HTTPClient, url: String, token: ServiceToken? = nil, timeout: Duration, call: RemoteCall) {
        self.client = client
        self.url = "\(url)/telegrams"
        self.token = token
        self.timeout = timeout
        self.call = call
    }

    var description: String { "HTTPMessenger" }

    var isResting: Bool {
        // Once the open time is over, or a probe's place is free, the next call is made.
        guard let wait = call.breaker?.snapshot.retryAfter else { return false }
        return wait > .zero
    }

    func send(_ message: CustomerMessage, _ context: WriteContext) async throws -> MessageStatus {
        // Kept connections are safe here: should libcurl repeat a request, the message's key keeps it to one.
        var headers = [
            ("Content-Type", "application/json"), ("correlationid", context.correlationID),
            ("traceparent", context.trace.child().description),
        ]
        if let authorization = token?.authorization { headers.append(("Authorization", authorization)) }
        let request = HTTPRequest(
            method: "POST", url: url, headers: headers, body: JSON.encode(Body(message)), timeout: timeout,
            connectTimeout: timeout, maxResponseBytes: 256 << 10)
        return try await call.run { [client] in try Self.status(of: try await client.send(request)) }
    }

    private static func status(of response: HTTPResponse) throws(TelegramRefusal) -> MessageStatus {
        guard response.isSuccess else { throw TelegramRefusal(status: response.status) }
        guard let taken = try? JSON.decode(Taken.self, from: response.body) else {
            throw TelegramRefusal(status: response.status)
        }
        return taken.status
    }

    private struct Body: Encodable {
        let key: String
        let text: String
        let customerId: Int64
        let giftId: Int64
        let missionId: Int64

        init(_ message: CustomerMessage) {
            key = message.key
            text = message.text
            customerId = message.customerId
            giftId = message.giftId
            missionId = message.missionId
        }
    }

    private struct Taken: Decodable { let status: MessageStatus }
}

/// An answer of telegram's that does not say what became of the message.
struct TelegramRefusal: Error, CustomStringConvertible {
    let status: Int

    /// The fault lies with the request, or with its place in time; telegram itself is well.
    var isOurs: Bool { (400..<500).contains(status) }
    var description: String { "telegram answered \(status)" }
}
