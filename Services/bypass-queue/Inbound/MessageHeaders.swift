import Contracts
import HTTPTypes
import ServiceRuntime

/// Reads what senders say of a message in its headers.
struct MessageHeaders {
    let group: String
    let headers: HTTPFields

    /// - Errors: 422 `invalid-header`, naming the header and what to change.
    func message(urlHeader: HTTPField.Name, body: [UInt8]) throws -> IncomingMessage {
        IncomingMessage(
            group: group,
            callbackURL: try text(urlHeader, limit: CallbackURL.maxLength, spaces: false),
            webhookID: try text(.webhookID, limit: 255, spaces: false),
            priority: try number(.messagePriority),
            messageSequence: try number(.messageSequence),
            contentType: try text(.contentType, limit: 255, spaces: true),
            correlationID: headers[.correlation].flatMap { Self.isPlain($0, limit: 64) ? $0 : nil },
            body: body)
    }

    private func text(_ name: HTTPField.Name, limit: Int, spaces: Bool) throws -> String? {
        let values = headers[values: name]
        guard let value = values.first, values != [""] else { return nil }
        guard values.count == 1, (1...limit).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x21...0x7E).contains($0) || spaces && $0 == 0x20 })
        else {
            throw Self.invalid(name, "must be 1 to \(limit) visible ASCII characters, given once")
        }
        return value
    }

    private func number(_ name: HTTPField.Name) throws -> Int64? {
        let values = headers[values: name]
        guard let value = values.first else { return nil }
        guard values.count == 1, let number = Int64(value) else {
            throw Self.invalid(name, "must be one whole number")
        }
        return number
    }

    private static func isPlain(_ text: String, limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-_.:".utf8.contains($0)
            }
    }

    private static func invalid(_ name: HTTPField.Name, _ rule: String) -> DomainError {
        DomainError(.invalid, slug: "invalid-header", detail: "The header \(name.rawName) \(rule).")
    }
}

extension HTTPField.Name {
    static let callbackURL = known("Callback-Url")
    static let originalCallbackURL = known("CallBackUrl")
    static let webhookID = known("Webhook-Id")
    static let messagePriority = known("Message-Priority")
    static let messageSequence = known("Message-Sequence")
    static let correlation = known("correlationid")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("not a header name: \(text)") }
        return name
    }
}
