import Contracts

/// Decides whether a token is to be believed, and who it says calls.
public struct TokenVerifier: Sendable {
    private let rules: TokenRules

    public init(_ rules: TokenRules) { self.rules = rules }

    /// Checks algorithm, signature and claims, in this order; nothing of a token is believed before its signature is.
    ///
    /// - Parameter keys: The keys that are trusted now.
    public func verify(
        _ token: Substring, keys: KeyRing, at now: Timestamp = .now
    ) throws(TokenFault) -> VerifiedToken {
        let parts = try TokenParts(token)
        let candidates = try keys.candidates(keyID: parts.header.kid, algorithm: parts.header.alg)
        guard candidates.contains(where: { $0.verifies(parts) }) else { throw .signature }
        let claims = try TokenClaims(parts.payload)
        return VerifiedToken(caller: try caller(claims), expiresAt: try expiry(claims, now))
    }

    private func expiry(_ claims: TokenClaims, _ now: Timestamp) throws(TokenFault) -> Timestamp {
        guard let exp = claims.exp, Self.isTime(exp), claims.nbf.map(Self.isTime) ?? true else { throw .claims }
        let expiresAt = Timestamp(milliseconds: Int64(exp * 1000)) + rules.clockSkew
        guard now < expiresAt else { throw .expired }
        if let nbf = claims.nbf, now + rules.clockSkew < Timestamp(milliseconds: Int64(nbf * 1000)) {
            throw .notYetValid
        }
        return expiresAt
    }

    private func caller(_ claims: TokenClaims) throws(TokenFault) -> Caller {
        guard claims.iss == rules.issuer else { throw .issuer }
        guard claims.aud?.values.contains(rules.audience) ?? false else { throw .audience }
        guard let subject = claims.sub, Self.isName(subject), let names = claims.roles?.values else { throw .claims }
        // Roles that mean nothing here are no fault: the issuer may serve others too.
        let roles = Roles(names.compactMap(Role.init))
        guard roles.contains(.customer) else { return Caller(subject: subject, roles: roles) }
        guard let id = Int64(subject), id > 0, String(id) == subject else { throw .claims }
        return Caller(subject: subject, roles: roles, customerID: id)
    }

    /// Until the year 9999.
    private static func isTime(_ seconds: Double) -> Bool { (0...253_402_300_799).contains(seconds) }

    /// Fit for a log line and for an idempotency key's owner.
    private static func isName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// A token that was found good.
public struct VerifiedToken: Sendable, Hashable {
    public let caller: Caller
    /// The end of its validity, clock skew included.
    public let expiresAt: Timestamp
}
