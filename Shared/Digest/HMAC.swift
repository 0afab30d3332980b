import Crypto

/// Keyed-hash message authentication with SHA-256 (RFC 2104).
public enum HMAC {
    /// The 32 bytes of the authentication code.
    public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] { sha256([message], key: key) }

    /// The code of a message that comes in parts.
    static func sha256(_ parts: [[UInt8]], key: [UInt8]) -> [UInt8] {
        var code = Crypto.HMAC<Crypto.SHA256>(key: SymmetricKey(data: key))
        for part in parts { code.update(data: part) }
        return Array(code.finalize())
    }
}
