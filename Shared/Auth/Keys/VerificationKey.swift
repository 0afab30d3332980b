import JWTKit

/// A key that is trusted, for one algorithm and no other.
struct VerificationKey: Sendable {
    /// Its `kid`; `nil` for a shared secret.
    let id: String?
    let algorithm: any JWTAlgorithm

    func verifies(_ token: TokenParts) -> Bool {
        (try? algorithm.verify(token.signature, signs: token.signed)) ?? false
    }
}
