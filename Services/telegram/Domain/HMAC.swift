/// Keyed-hash message authentication with SHA-256 (RFC 2104).
enum HMAC {
    private static let blockLength = 64

    static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockLength ? SHA256.digest(of: key) : key
        block += [UInt8](repeating: 0, count: blockLength - block.count)
        let inner = SHA256.digest(of: block.map { $0 ^ 0x36 } + message)
        return SHA256.digest(of: block.map { $0 ^ 0x5c } + inner)
    }
}

/// Comparisons whose duration tells nothing of the secret.
enum ConstantTime {
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
