import Foundation

/// The claims that the suite reads (RFC 7519, section 4.1) and `roles` (RFC 9068, section 2.2.3.1).
struct TokenClaims: Codable, Sendable {
    let iss: String?
    let sub: String?
    let aud: OneOrMany?
    /// Seconds since 1970.
    let exp: Double?
    let nbf: Double?
    let iat: Double?
    let roles: OneOrMany?

    init(_ payload: [UInt8]) throws(TokenFault) {
        guard let claims = try? JSONDecoder().decode(Self.self, from: Data(payload)) else { throw .malformed }
        self = claims
    }

    init(
        iss: String?, sub: String?, aud: [String]?, exp: Double?, nbf: Double? = nil, iat: Double? = nil,
        roles: [String]?
    ) {
        self.iss = iss
        self.sub = sub
        self.aud = aud.map(OneOrMany.init(values:))
        self.exp = exp
        self.nbf = nbf
        self.iat = iat
        self.roles = roles.map(OneOrMany.init(values:))
    }

    /// A list that may be written as its only element.
    struct OneOrMany: Codable, Sendable {
        let values: [String]

        init(values: [String]) { self.values = values }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                values = [one]
            } else {
                values = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(values)
        }
    }
}
