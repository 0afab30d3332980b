import Foundation

/// Signatures as Standard Webhooks describes them: `v1,<base64 of HMAC-SHA256(id.timestamp.body)>`.
public enum WebhookSignature {
    /// The value of `webhook-signature`: one signature a key, with spaces between.
    ///
    /// - Parameter timestamp: Seconds since 1970.
    public static func header(id: String, timestamp: Int64, body: [UInt8], keys: [[UInt8]]) -> String {
        keys.map { "v1,\(Data(code(id: id, timestamp: timestamp, body: body, key: $0)).base64EncodedString())" }
            .joined(separator: " ")
    }

    /// Whether one of the header's signatures was made with one of the keys.
    public static func verify(_ header: String, id: String, timestamp: Int64, body: [UInt8], keys: [[UInt8]]) -> Bool {
        let given = header.split(separator: " ").prefix(maxSignatures).compactMap { signature -> [UInt8]? in
            guard signature.hasPrefix("v1,") else { return nil }
            return Data(base64Encoded: String(signature.dropFirst(3))).map { [UInt8]($0) }
        }
        guard !given.isEmpty else { return false }
        return keys.contains { key in
            let code = code(id: id, timestamp: timestamp, body: body, key: key)
            return given.contains { ConstantTime.equal($0, code) }
        }
    }

    /// A sender that rotates its secret sends two; more than some are nobody's.
    private static let maxSignatures = 8

    private static func code(id: String, timestamp: Int64, body: [UInt8], key: [UInt8]) -> [UInt8] {
        HMAC.sha256([Array("\(id).\(timestamp).".utf8), body], key: key)
    }
}
