import CRdkafka
import Foundation

/// A token of SASL OAUTHBEARER that somebody else keeps fresh in a file, as Kubernetes does with projected tokens.
///
/// (librdkafka can fetch tokens itself only where it was built with libcurl; Debian's was not.)
struct OAuthToken {
    let text: String
    /// Whom it speaks for.
    let principal: String
    /// Milliseconds since 1970.
    let expiresAt: Int64

    /// - Throws: ``KafkaError`` `.configuration`, with no part of the token in it.
    init(file path: String) throws(KafkaError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KafkaError(.configuration, detail: "the token file \(path) cannot be read")
        }
        try self.init(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    init(_ text: String) throws(KafkaError) {
        struct Claims: Decodable {
            let exp: Double
            let sub: String?
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Self.decode(parts[1]),
            let claims = try? JSONDecoder().decode(Claims.self, from: payload), claims.exp > 0, claims.exp < 1e12
        else { throw KafkaError(.configuration, detail: "the token is no JWT with an expiry") }
        self.text = text
        principal = claims.sub ?? "unknown"
        expiresAt = Int64(claims.exp * 1000)
    }

    /// Gives a client the token that is in the file now; librdkafka calls for it again before it expires, and soon when
    /// it was told that there is none.
    static func refresh(_ client: OpaquePointer, from path: String) {
        do {
            let token = try OAuthToken(file: path)
            var fault = [CChar](repeating: 0, count: 512)
            let answer = rd_kafka_oauthbearer_set_token(
                client, token.text, token.expiresAt, token.principal, nil, 0, &fault, fault.count)
            guard answer != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
            rd_kafka_oauthbearer_set_token_failure(client, "the token was not accepted: it has expired or is malformed")
        } catch {
            rd_kafka_oauthbearer_set_token_failure(client, error.detail)
        }
    }

    private static func decode(_ part: Substring) -> Data? {
        let base64 = part.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4))
    }
}
