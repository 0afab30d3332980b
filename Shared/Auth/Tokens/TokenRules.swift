/// What a token must say besides bearing a good signature.
public struct TokenRules: Sendable, Hashable {
    /// The only `iss` that is trusted.
    public let issuer: String
    /// Must be among the token's `aud`.
    public let audience: String
    /// By how much the issuer's clock may differ from ours.
    public let clockSkew: Duration

    public init(issuer: String, audience: String, clockSkew: Duration = .seconds(30)) {
        self.issuer = issuer
        self.audience = audience
        self.clockSkew = clockSkew
    }
}
