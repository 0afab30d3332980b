/// A block of addresses in CIDR notation.
public struct AddressBlock: Sendable, Hashable {
    let prefix: [UInt8]
    let length: Int

    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(literal: String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(prefix: address.bytes, length: bits)
            return
        }
        guard let length = Int(parts[1]), (0...bits).contains(length) else { return nil }
        self.init(prefix: address.bytes, length: length)
    }

    private init(prefix: [UInt8], length: Int) {
        self.prefix = prefix
        self.length = length
    }

    /// Whether the address lies in the block; one of the other family never does.
    public func contains(_ address: IPAddress) -> Bool {
        let bytes = address.bytes
        guard bytes.count == prefix.count else { return false }
        let whole = length / 8
        guard bytes.prefix(whole) == prefix.prefix(whole) else { return false }
        let rest = length % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return bytes[whole] & mask == prefix[whole] & mask
    }
}
