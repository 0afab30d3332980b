import Foundation

/// An Internet address, in whatever notation it was written.
public enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6([UInt8])

    /// A literal host of a URL: IPv6 in brackets, IPv4 in every notation that resolvers take: one to four parts, each
    /// decimal, octal (`0…`) or hexadecimal (`0x…`), the last one filling what the others left.
    ///
    /// - Returns: `nil` for a name.
    public init?(literal host: String) {
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let bytes = Self.v6Bytes(String(host.dropFirst().dropLast())) else { return nil }
            self = .v6(bytes)
        } else if let bytes = Self.v6Bytes(host) {
            self = .v6(bytes)
        } else {
            guard let value = Self.v4Value(host) else { return nil }
            self = .v4(value)
        }
    }

    /// From the 4 or 16 bytes of an address in network order.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(bytes)
        default: return nil
        }
    }

    /// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64, 6to4; otherwise the address itself.
    public var embedded: IPAddress {
        guard case .v6(let bytes) = self else { return self }
        func v4(at offset: Int) -> IPAddress {
            .v4(bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        let isZero = { (range: Range<Int>) in bytes[range].allSatisfy { $0 == 0 } }
        if isZero(0..<10), bytes[10] == 0xFF, bytes[11] == 0xFF { return v4(at: 12) }
        if isZero(0..<12), !isZero(12..<15) { return v4(at: 12) }
        if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B]), isZero(4..<12) { return v4(at: 12) }
        if bytes.starts(with: [0x20, 0x02]) { return v4(at: 2) }
        // Translated addresses (SIIT, RFC 2765).
        if isZero(0..<8), bytes[8] == 0xFF, bytes[9] == 0xFF, bytes[10] == 0, bytes[11] == 0 { return v4(at: 12) }
        return self
    }

    /// The 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let value): [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
        case .v6(let bytes): bytes
        }
    }

    private static func v6Bytes(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard text.contains(":"), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    private static func v4Value(_ text: String) -> UInt32? {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        guard (1...4).contains(parts.count) else { return nil }
        var numbers: [UInt64] = []
        for part in parts {
            guard let number = number(part) else { return nil }
            numbers.append(number)
        }
        let last = numbers.removeLast()
        guard numbers.allSatisfy({ $0 <= 255 }), last < 1 << (8 * (4 - UInt64(numbers.count))) else { return nil }
        let high = numbers.enumerated().reduce(UInt64(0)) { $0 | $1.element << (24 - 8 * UInt64($1.offset)) }
        return UInt32(high | last)
    }

    private static func number(_ part: Substring) -> UInt64? {
        let lower = part.lowercased()
        if lower.hasPrefix("0x") { return lower.count == 2 ? 0 : UInt64(lower.dropFirst(2), radix: 16) }
        guard !lower.isEmpty, lower.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return lower.hasPrefix("0") && lower.count > 1 ? UInt64(lower, radix: 8) : UInt64(lower)
    }
}
