import Crypto

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// The 32 bytes of the digest.
    public static func digest(of message: [UInt8]) -> [UInt8] { Array(Crypto.SHA256.hash(data: message)) }
}
