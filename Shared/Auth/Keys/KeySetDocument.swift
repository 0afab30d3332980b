import Foundation
import JWTKit

/// A JSON Web Key Set (RFC 7517) as its issuer publishes it.
public enum KeySetDocument {
    /// Why a document gives no keys; safe to show.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// More are refused.
    static let maxKeys = 100

    /// The keys for signatures; what is of another kind, or for encryption, is passed over as the RFC asks for.
    ///
    /// - Errors: ``Fault`` for what is no key set, holds a private key, or holds no key of use.
    public static func ring(_ bytes: [UInt8]) async throws -> KeyRing {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
            throw Fault(description: "is not a JSON Web Key Set: {\"keys\": [...]}")
        }
        guard document.keys.count <= maxKeys else { throw Fault(description: "has more than \(maxKeys) keys") }
        guard !document.keys.contains(where: \.isPrivate) else {
            throw Fault(description: "holds a private key: publish the public parts alone, and replace that key")
        }
        var keys: [VerificationKey] = []
        for entry in document.keys {
            guard let id = entry.kid, let algorithm = await entry.verifier() else { continue }
            guard !keys.contains(where: { $0.id == id && $0.algorithm.name == algorithm.name }) else {
                throw Fault(description: "has two keys with the kid \"\(id.prefix(80))\"")
            }
            keys.append(VerificationKey(id: id, algorithm: algorithm))
        }
        guard !keys.isEmpty else {
            throw Fault(description: "has no key of use: it needs RSA (RS256), EC (ES256) or Ed25519 keys with a kid")
        }
        return KeyRing(keys)
    }

    private struct Document: Decodable { let keys: [Entry] }

    /// One key; unknown kinds must not make the whole set unreadable.
    private struct Entry: Decodable {
        let kid: String?
        let isPrivate: Bool
        private let use: String?
        private let curve: String?
        private let key: JWK?

        private enum CodingKeys: String, CodingKey {
            case kid, use, curve = "crv", d, k
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            kid = try? container.decode(String.self, forKey: .kid)
            use = try? container.decode(String.self, forKey: .use)
            curve = try? container.decode(String.self, forKey: .curve)
            isPrivate = container.contains(.d) || container.contains(.k)
            key = try? JWK(from: decoder)
        }

        /// `nil` for what cannot check signatures.
        func verifier() async -> (any JWTAlgorithm)? {
            guard let key, let kid, use == nil || use == "sig", let algorithm = algorithm(of: key) else { return nil }
            var pinned = key
            pinned.algorithm = algorithm
            let id = JWKIdentifier(string: kid)
            guard let collection = try? await JWTKeyCollection().add(jwk: pinned) else { return nil }
            return try? await collection.getKey(for: id, alg: algorithm.rawValue)
        }

        /// What the key says, or else the one that its kind is used with.
        private func algorithm(of key: JWK) -> JWK.Algorithm? {
            switch (key.keyType, curve) {
            case (.rsa, _): key.algorithm ?? .rs256
            case (.ecdsa, "P-256"): .es256
            case (.ecdsa, "P-384"): .es384
            case (.ecdsa, "P-521"): .es512
            case (.octetKeyPair, "Ed25519"): .eddsa
            default: nil
            }
        }
    }
}
