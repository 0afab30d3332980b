import Digest
import Foundation

/// A JWS in its compact form (RFC 7515, section 7.1), taken apart but not yet believed.
///
/// jwt-kit's own parser is not used for what strangers send: it traps on numbers in the header that no integer holds,
/// and on an empty list of audiences.
struct TokenParts {
    struct Header: Decodable {
        let alg: String
        let kid: String?
        let typ: String?
        let crit: [String]?
    }

    /// Larger ones are not looked at.
    static let maxLength = 8 << 10

    let header: Header
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature is about: header and payload as they came.
    let signed: [UInt8]

    init(_ token: Substring) throws(TokenFault) {
        guard token.utf8.count <= Self.maxLength else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(head)) else { throw .malformed }
        // Extensions that must be understood are not (RFC 7515, section 4.1.11).
        guard header.crit == nil, Self.isAccessToken(header.typ) else { throw .malformed }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }

    /// Tokens for other purposes must not pass for access tokens (RFC 8725, section 3.11).
    private static func isAccessToken(_ type: String?) -> Bool {
        guard let type = type?.lowercased() else { return true }
        return ["jwt", "at+jwt", "application/at+jwt"].contains(type)
    }
}
