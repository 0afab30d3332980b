import Digest
import Foundation

/// Signatures as Standard Webhooks describes them: `v1,<base64 of HMAC-SHA256(id.timestamp.body)>`, one a secret.
enum WebhookSignature {
    /// - Parameter timestamp: Seconds since 1970.
    static func header(id: String, timestamp: Int64, body: [UInt8], secrets: [SigningSecret]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return secrets.map { "v1,\(Data(HMAC.sha256(signed, key: $0.key)).base64EncodedString())" }
            .joined(separator: " ")
    }
}
