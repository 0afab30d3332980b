import Digest
import Foundation

/// A token put together by hand, as one who has no key would.
struct ForgedToken {
    var header: [String: Any] = ["alg": "ES256", "typ": "JWT"]
    var claims: [String: Any] = [
        "iss": "https://id.test", "aud": "game", "sub": "42", "roles": ["customer"],
        "exp": Date().timeIntervalSince1970 + 600,
    ]

    /// With a signature that `sign` makes over header and payload.
    func text(sign: ([UInt8]) -> [UInt8]) throws -> String {
        func part(_ object: [String: Any]) throws -> String {
            Base64URL.encode(Array(try JSONSerialization.data(withJSONObject: object)))
        }
        let signed = try "\(part(header)).\(part(claims))"
        return "\(signed).\(Base64URL.encode(sign(Array(signed.utf8))))"
    }
}
