import Contracts
import Digest
import Foundation
import Testing

@testable import Auth

@Suite("Tokens")
struct TokenVerifierTests {
    private static let rules = TokenRules(issuer: "https://id.test", audience: "game", clockSkew: .seconds(30))
    private let verifier = TokenVerifier(rules)
    private let key: SigningKey
    private let secret = [UInt8](repeating: 7, count: 32)

    init() throws { key = try SigningKey() }

    private func ring(_ keys: [SigningKey]? = nil) async throws -> KeyRing {
        try await KeySetDocument.ring(Array(SigningKey.keySet(keys ?? [key]).utf8))
    }

    private func token(
        subject: String = "42", roles: [String] = ["customer"], issuer: String = "https://id.test",
        audience: String = "game", lifetime: Duration = .seconds(600), delay: Duration? = nil
    ) async throws -> Substring {
        try await key.token(
            subject: subject, roles: roles, issuer: issuer, audience: audience, lifetime: lifetime, delay: delay)[...]
    }

    private func expectFault(
        _ fault: TokenFault, _ token: Substring, _ ring: KeyRing, at now: Timestamp = .now,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: fault, sourceLocation: location) { try verifier.verify(token, keys: ring, at: now) }
    }

    @Test("a good token says who calls, until it expires")
    func good() async throws {
        let ring = try await ring()
        let verified = try verifier.verify(try await token(), keys: ring)
        #expect(verified.caller == Caller(subject: "42", roles: .customer, customerID: 42))
        let left = verified.expiresAt.milliseconds - Timestamp.now.milliseconds
        #expect((620_000...630_000).contains(left))
        let people = try await token(subject: "ann", roles: ["operator", "service", "gardener"])
        #expect(try verifier.verify(people, keys: ring).caller == Caller(subject: "ann", roles: [.operator, .service]))
    }

    @Test("time: expired and not yet valid, with as much clock skew as is configured")
    func time() async throws {
        let ring = try await ring()
        let now = Timestamp.now
        let token = try await token(lifetime: .seconds(60), delay: .seconds(50))
        expectFault(.notYetValid, token, ring, at: now)
        _ = try verifier.verify(token, keys: ring, at: now + .seconds(25))
        _ = try verifier.verify(token, keys: ring, at: now + .seconds(85))
        expectFault(.expired, token, ring, at: now + .seconds(91))
    }

    @Test("another issuer, another audience, another key")
    func strangers() async throws {
        let ring = try await ring()
        expectFault(.issuer, try await token(issuer: "https://id.test.example"), ring)
        expectFault(.audience, try await token(audience: "bank"), ring)
        let other = try SigningKey()
        let foreign = try await other.token(
            subject: "42", roles: ["customer"], issuer: "https://id.test", audience: "game", lifetime: .seconds(60))
        expectFault(.unknownKey, foreign[...], ring)
        // The same with the name of a key that is trusted.
        let parts = foreign.split(separator: ".")
        let header = Base64URL.encode(Array(#"{"alg":"ES256","kid":"\#(key.id)"}"#.utf8))
        expectFault(.signature, "\(header).\(parts[1]).\(parts[2])", ring)
    }

    @Test("a changed payload breaks the signature")
    func changed() async throws {
        let ring = try await ring()
        let parts = try await token().split(separator: ".")
        let claims = ForgedToken().claims.merging(["sub": "43"]) { $1 }
        let payload = Base64URL.encode(Array(try JSONSerialization.data(withJSONObject: claims)))
        expectFault(.signature, "\(parts[0]).\(payload).\(parts[2])", ring)
        expectFault(.signature, "\(parts[0]).\(parts[1]).", ring)
    }

    @Test("alg none, in any spelling", arguments: ["none", "None", "NONE", ""])
    func none(name: String) async throws {
        let forged = try ForgedToken(header: ["alg": name, "kid": key.id]).text { _ in [] }
        expectFault(.algorithm, forged[...], try await ring())
    }

    @Test("HS256 with the public key as its secret")
    func confusedAlgorithm() async throws {
        for secret in [try key.publicJWK, key.pem, key.id] {
            for header in [["alg": "HS256"], ["alg": "HS256", "kid": key.id]] {
                let forged = try ForgedToken(header: header).text { HMAC.sha256($0, key: Array(secret.utf8)) }
                expectFault(.algorithm, forged[...], try await ring())
            }
        }
    }

    @Test("shared secrets: HS256 and nothing else, two of them while they are exchanged")
    func sharedSecret() async throws {
        let (old, new) = (secret, [UInt8](repeating: 8, count: 40))
        let ring = try await KeyRing.secrets([new, old])
        for key in [old, new] {
            let token = try ForgedToken(header: ["alg": "HS256"]).text { HMAC.sha256($0, key: key) }
            #expect(try verifier.verify(token[...], keys: ring).caller.customerID == 42)
        }
        let wrong = try ForgedToken(header: ["alg": "HS256"]).text { HMAC.sha256($0, key: [1]) }
        expectFault(.signature, wrong[...], ring)
        expectFault(.algorithm, try await token(), ring)
    }

    @Test("garbage is refused and harms nobody")
    func garbage() async throws {
        let ring = try await ring()
        var texts = ["", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "ü.ü.ü", "e30.e30.e30", "e30=.e30.", "{}"]
        texts.append(String(repeating: "A", count: 9000) + ".e30.e30")
        texts += try [
            ["alg": "ES256", "crit": ["exp"]], ["alg": "ES256", "typ": "dpop+jwt"], ["alg": 5], ["kid": "x"],
        ].map { try ForgedToken(header: $0).text { _ in [1] } }
        for text in texts { expectFault(.malformed, text[...], ring) }
        // Numbers that no integer holds, deep nesting.
        let huge = Base64URL.encode(Array(#"{"alg":"ES256","kid":"\#(key.id)","x":1e300}"#.utf8))
        expectFault(.signature, "\(huge).e30.AAAA", ring)
        let deep = Base64URL.encode(Array((#"{"alg":"# + String(repeating: "[", count: 3000)).utf8))
        expectFault(.malformed, "\(deep).e30.AAAA", ring)
    }

    @Test("claims that are missing or of another kind")
    func claims() async throws {
        let ring = try await KeyRing.secrets([secret])
        func fault(_ change: [String: Any?]) throws -> TokenFault? {
            var forged = ForgedToken(header: ["alg": "HS256"])
            for (name, value) in change { forged.claims[name] = value }
            let token = try forged.text { HMAC.sha256($0, key: secret) }
            do {
                _ = try verifier.verify(token[...], keys: ring)
                return nil
            } catch {
                return error
            }
        }
        #expect(try fault([:]) == nil && fault(["aud": ["other", "game"], "roles": "customer"]) == nil)
        for name in ["exp", "sub", "roles"] { #expect(try fault([name: Any?.none]) == .claims, "\(name)") }
        #expect(try fault(["iss": Any?.none]) == .issuer && fault(["aud": Any?.none]) == .audience)
        #expect(try fault(["aud": [String]()]) == .audience)
        for subject in [
            "", "0", "-1", "042", "+42", "42 ", "9223372036854775808", "ann", String(repeating: "1", count: 256),
        ] {
            #expect(try fault(["sub": subject]) == .claims, "\(subject)")
        }
        for exp in [-1, 1e18, 1e300] as [Double] { #expect(try fault(["exp": exp]) == .claims, "\(exp)") }
        #expect(try fault(["exp": "soon"]) == .malformed && fault(["roles": 5]) == .malformed)
        #expect(try fault(["roles": ["gardener"], "sub": "ann"]) == nil)
    }
}
