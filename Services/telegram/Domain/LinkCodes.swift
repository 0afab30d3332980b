import Contracts

/// Makes and reads the codes by which a customer links a chat.
struct LinkCodes: Sendable, CustomStringConvertible {
    private let secret: [UInt8]
    private let lifetime: Duration

    init(secret: [UInt8], lifetime: Duration) {
        self.secret = secret
        self.lifetime = lifetime
    }

    var description: String { "LinkCodes" }

    func issue(customerId: Int64, now: Timestamp = .now) -> IssuedCode {
        let code = LinkCode(customerId: customerId, lifetime: lifetime, now: now)
        return IssuedCode(customerId: customerId, code: code.text(secret: secret), expiresAt: code.expiresAt)
    }

    func read(_ text: String, now: Timestamp = .now) throws(LinkCode.Fault) -> LinkCode {
        try LinkCode(text: text, secret: secret, now: now)
    }
}

/// A code as the customer gets it.
struct IssuedCode: AggregateRoot {
    let customerId: Int64
    let code: String
    let expiresAt: Timestamp

    var id: Int64 { customerId }
    var version: Int64 { 1 }
}
