/// Why a token is refused.
///
/// The raw value is a stable name for metrics and the audit log. Nothing of the token is in it.
public enum TokenFault: String, Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case malformed
    case algorithm
    case unknownKey = "unknown-key"
    case signature
    case expired
    case notYetValid = "not-yet-valid"
    case issuer
    case audience
    case claims

    /// One sentence for the caller.
    public var description: String {
        switch self {
        case .malformed: "The token is not a signed JWT."
        case .algorithm: "The token is signed with an algorithm that is not taken here."
        case .unknownKey: "The token is signed with a key that is not trusted here."
        case .signature: "The token's signature is wrong."
        case .expired: "The token has expired: get a new one."
        case .notYetValid: "The token is not valid yet."
        case .issuer: "The token comes from an issuer that is not trusted here."
        case .audience: "The token is meant for another audience."
        case .claims:
            "The token lacks a claim: it needs exp, sub and roles, and a customer's sub is the customer's id."
        }
    }
}
