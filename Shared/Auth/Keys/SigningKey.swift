import Contracts
import Digest
import Foundation
import JWTKit

/// A private key that makes tokens (ES256); for demonstrations and tests. Production has an identity provider.
public struct SigningKey: Sendable, CustomStringConvertible {
    /// The key's thumbprint (RFC 7638), so that the same key always has the same name.
    public let id: String
    private let key: ES256PrivateKey

    /// A new key.
    public init() throws { try self.init(ES256PrivateKey()) }

    /// - Parameter pem: What ``pem`` gave.
    public init(pem: String) throws { try self.init(ES256PrivateKey(pem: pem)) }

    private init(_ key: ES256PrivateKey) throws {
        self.key = key
        id = Base64URL.encode(SHA256.digest(of: Array(try Self.publicMembers(key).utf8)))
    }

    /// Names the key; never shows it.
    public var description: String { "SigningKey \(id)" }

    /// The private key. Whoever reads it can make tokens.
    public var pem: String { key.pemRepresentation }

    /// The public part as a member of a key set.
    public var publicJWK: String {
        get throws {
            let members = try Self.publicMembers(key).dropLast()
            return "\(members),\"alg\":\"ES256\",\"kid\":\"\(id)\",\"use\":\"sig\"}"
        }
    }

    /// The key set of these keys.
    public static func keySet(_ keys: [SigningKey]) throws -> String {
        "{\"keys\":[\(try keys.map { try $0.publicJWK }.joined(separator: ","))]}\n"
    }

    /// A token.
    ///
    /// - Parameters:
    ///   - lifetime: From now to `exp`.
    ///   - delay: From now to `nbf`, if there is to be one.
    public func token(
        subject: String, roles: [String], issuer: String, audience: String, lifetime: Duration, delay: Duration? = nil
    ) async throws -> String {
        let now = Double(Timestamp.now.milliseconds / 1000)
        let claims = TokenClaims(
            iss: issuer, sub: subject, aud: [audience], exp: now + lifetime / .seconds(1),
            nbf: delay.map { now + $0 / .seconds(1) }, iat: now, roles: roles)
        let keys = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: id))
        return try await keys.sign(SignedClaims(claims: claims), kid: JWKIdentifier(string: id))
    }

    /// The required members in the RFC's order and without spaces.
    private static func publicMembers(_ key: ES256PrivateKey) throws -> String {
        guard let (x, y) = key.parameters, let x = Data(base64Encoded: x), let y = Data(base64Encoded: y) else {
            throw JWTError.invalidJWK(reason: "the key has no coordinates")
        }
        return "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"\(Base64URL.encode(Array(x)))\","
            + "\"y\":\"\(Base64URL.encode(Array(y)))\"}"
    }
}

/// Claims on their way into a token; they are checked by ``TokenVerifier`` and nowhere else.
private struct SignedClaims: JWTPayload {
    let claims: TokenClaims

    init(claims: TokenClaims) { self.claims = claims }
    init(from decoder: any Decoder) throws { claims = try TokenClaims(from: decoder) }
    func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }
    func verify(using algorithm: some JWTAlgorithm) throws {}
}
