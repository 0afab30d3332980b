import JWTKit

/// The keys that are trusted at one moment. Each is pinned to one algorithm: a token's header chooses among them, and
/// never how a key is used.
public struct KeyRing: Sendable {
    private let keys: [VerificationKey]

    init(_ keys: [VerificationKey]) { self.keys = keys }

    /// The `kid`s that are known, for an operator.
    public var keyIDs: [String] { keys.compactMap(\.id).sorted() }

    /// The keys that may have signed a token with this header.
    func candidates(keyID: String?, algorithm: String) throws(TokenFault) -> [VerificationKey] {
        let fitting = keys.filter { $0.algorithm.name == algorithm }
        guard !fitting.isEmpty else { throw .algorithm }
        // Shared secrets have no names, so all of them (two at most) are tried.
        let unnamed = fitting.filter { $0.id == nil }
        guard unnamed.isEmpty else { return unnamed }
        guard let keyID else {
            guard fitting.count == 1 else { throw .unknownKey }
            return fitting
        }
        guard keys.contains(where: { $0.id == keyID }) else { throw .unknownKey }
        let named = fitting.filter { $0.id == keyID }
        guard !named.isEmpty else { throw .algorithm }
        return named
    }

    /// A ring of shared secrets, for HS256.
    ///
    /// - Parameter secrets: At least 32 bytes each; two while one takes the other's place.
    public static func secrets(_ secrets: [[UInt8]]) async throws -> KeyRing {
        var keys: [VerificationKey] = []
        for secret in secrets {
            let collection = JWTKeyCollection()
            await collection.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
            keys.append(VerificationKey(id: nil, algorithm: try await collection.getKey()))
        }
        return KeyRing(keys)
    }
}
