import Contracts
import HTTPTypes

extension HTTPField.Name {
    static let forwardedFor = knownName("X-Forwarded-For")
    static let correlationID = knownName("correlationid")
    static let idempotencyKey = knownName("Idempotency-Key")
    static let requestID = knownName("x-request-id")
    static let traceparent = knownName("traceparent")
    static let apiKey = knownName("X-Api-Key")
    static let webhookID = knownName("webhook-id")
    static let webhookSignature = knownName("webhook-signature")
    static let webhookTimestamp = knownName("webhook-timestamp")
    /// What a client of Server-Sent Events has seen last.
    public static let lastEventID = knownName("Last-Event-ID")
    /// `Consistency-Token: <entity>/<id>@<version>`.
    public static let consistencyToken = knownName("Consistency-Token")

    private static func knownName(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("not a header name: \(text)") }
        return name
    }
}

/// Header values from outside that go on into logs, answers and events.
enum HeaderValue {
    /// The caller's `x-request-id` and `correlationid`; what it did not give is made, one for both.
    static func ids(_ headers: HTTPFields) -> (request: String, correlation: String) {
        let request = identifier(headers[.requestID], limit: 128)
        let correlation = identifier(headers[.correlationID], limit: 64)
        let made = request == nil || correlation == nil ? UUIDv7.make().text : ""
        return (request ?? made, correlation ?? made)
    }

    /// Letters, digits and `-_.:`, 1 to `limit` of them; `nil` for anything else.
    static func identifier(_ text: String?, limit: Int) -> String? {
        guard let text, (1...limit).contains(text.utf8.count) else { return nil }
        let isSane = text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 58, 95: true
            default: false
            }
        }
        return isSane ? text : nil
    }
}
