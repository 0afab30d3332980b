import Auth
import Contracts

/// A token, its key, and a cache that knows it among a thousand others.
struct AuthBench {
    let credentials: String
    private let keys: KeyRing
    private let verifier = TokenVerifier(TokenRules(issuer: "bench", audience: "game"))
    private let cache = TokenCache(capacity: 10_000)

    init() async throws {
        let key = try SigningKey()
        keys = try await KeySetDocument.ring(Array(SigningKey.keySet([key]).utf8))
        var last = ""
        for customer in 1...1000 {
            let token = try await key.token(
                subject: "\(customer)", roles: ["customer"], issuer: "bench", audience: "game", lifetime: .seconds(3600)
            )
            last = "Bearer \(token)"
            cache.store(last, try verifier.verify(last.dropFirst(7), keys: keys), generation: cache.generation)
        }
        credentials = last
    }

    func verify() throws { _ = try verifier.verify(credentials.dropFirst(7), keys: keys) }

    func remembered() throws {
        guard cache.find(credentials, at: .now) != nil else { throw TokenFault.expired }
    }
}
