import Contracts
import Foundation
import Testing

@testable import Auth

@Suite("Key sets")
struct KeySetTests {
    private func fault(_ text: String) async -> String? {
        do {
            _ = try await KeySetDocument.ring(Array(text.utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("keys of other kinds are passed over, also those that nobody knows yet")
    func lenient() async throws {
        let key = try SigningKey()
        let others = [
            #"{"kty":"FUTURE","kid":"1","alg":"X1"}"#, #"{"kty":"EC","crv":"P-256K","kid":"2","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"P-256","kid":"3","x":"AA","y":"AA"}"#, #"{"kty":"RSA","kid":"4","e":"AQAB"}"#,
            try key.publicJWK.replacing(#""use":"sig""#, with: #""use":"enc""#).replacing(key.id, with: "5"),
            try key.publicJWK.replacing(#""kid":"\#(key.id)","#, with: ""),
        ]
        let set = "{\"keys\":[\((others + [try key.publicJWK]).joined(separator: ","))]}"
        #expect(try await KeySetDocument.ring(Array(set.utf8)).keyIDs == [key.id])
    }

    @Test("RSA and Ed25519 keys are taken, with their own algorithm alone")
    func kinds() async throws {
        // The key of RFC 7515, appendix A.2.
        let modulus = """
            ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B\
            m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5\
            z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7\
            aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ
            """
        let set = """
            {"keys":[{"kty":"RSA","kid":"rsa","e":"AQAB","n":"\(modulus)"},
            {"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
            """
        let ring = try await KeySetDocument.ring(Array(set.utf8))
        #expect(ring.keyIDs == ["ed", "rsa"])
        #expect(try ring.candidates(keyID: "rsa", algorithm: "RS256").count == 1)
        #expect(try ring.candidates(keyID: "ed", algorithm: "EdDSA").count == 1)
        #expect(throws: TokenFault.algorithm) { try ring.candidates(keyID: "rsa", algorithm: "EdDSA") }
        #expect(throws: TokenFault.algorithm) { try ring.candidates(keyID: "rsa", algorithm: "RS512") }
        #expect(throws: TokenFault.unknownKey) { try ring.candidates(keyID: "other", algorithm: "RS256") }
        #expect(try ring.candidates(keyID: nil, algorithm: "RS256").count == 1)
    }

    @Test("what is no key set says what is wrong with it")
    func faults() async throws {
        #expect(await fault("nonsense")?.contains("not a JSON Web Key Set") ?? false)
        #expect(await fault(#"{"keys":{}}"#)?.contains("not a JSON Web Key Set") ?? false)
        #expect(await fault(#"{"keys":[]}"#)?.contains("no key of use") ?? false)
        let key = try SigningKey()
        let twice = "{\"keys\":[\(try key.publicJWK),\(try key.publicJWK)]}"
        #expect(await fault(twice)?.contains("two keys") ?? false)
        let exposed = try key.publicJWK.dropLast() + #","d":"c2VjcmV0"}"#
        let text = try #require(await fault("{\"keys\":[\(exposed)]}"))
        #expect(text.contains("private key") && !text.contains("c2VjcmV0"))
        #expect(await fault(#"{"keys":[{"kty":"oct","kid":"1","k":"c2VjcmV0"}]}"#)?.contains("private") ?? false)
    }

    @Test("a key that is read again has the same name, and its tokens stay good")
    func pem() async throws {
        let key = try SigningKey()
        let again = try SigningKey(pem: key.pem)
        #expect(again.id == key.id && key.id.count == 43)
        #expect("\(key)" == "SigningKey \(key.id)")
        let token = try await again.token(
            subject: "ann", roles: ["operator"], issuer: "i", audience: "a", lifetime: .seconds(60))
        let ring = try await KeySetDocument.ring(Array(SigningKey.keySet([key]).utf8))
        let verifier = TokenVerifier(TokenRules(issuer: "i", audience: "a"))
        #expect(try verifier.verify(token[...], keys: ring).caller.roles == .operator)
    }
}
