import Contracts
import Foundation

/// A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. Shown nowhere but to who may read it.
struct SigningSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    static let prefix = "whsec_"
    let key: [UInt8]
    let text: String

    var description: String { "SigningSecret" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// - Errors: 422 `invalid-field`.
    init(_ text: String) throws(DomainError) {
        let encoded = text.hasPrefix(Self.prefix) ? String(text.dropFirst(Self.prefix.count)) : text
        guard let data = Data(base64Encoded: encoded), (24...64).contains(data.count) else {
            throw .invalidField("secret", "must be \(Self.prefix) and 24 to 64 bytes in base64")
        }
        key = [UInt8](data)
        self.text = Self.prefix + encoded
    }

    /// A new one, of 32 random bytes.
    init() {
        var generator = SystemRandomNumberGenerator()
        key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        text = Self.prefix + Data(key).base64EncodedString()
    }
}
