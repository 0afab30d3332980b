import Foundation

extension UUID {
    /// As events, headers and answers have it: 36 characters in lower case (RFC 9562, section 4).
    ///
    /// Foundation's `uuidString` prints it with C's format strings, which takes a microsecond, and in upper case.
    public var text: String {
        String(unsafeUninitializedCapacity: 36) { text in
            withUnsafeBytes(of: uuid) { bytes in
                var place = 0
                for (index, byte) in bytes.enumerated() {
                    if Self.isGroupStart(index) {
                        text[place] = Self.hyphen
                        place += 1
                    }
                    text[place] = HexDigit.of(byte >> 4)
                    text[place + 1] = HexDigit.of(byte & 0xF)
                    place += 2
                }
                return place
            }
        }
    }

    /// Reads 36 characters of either case; `nil` for anything else.
    public init?(text: some StringProtocol) {
        var bytes = uuid_t(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let isRead = withUnsafeMutableBytes(of: &bytes) { bytes in
            var characters = text.utf8.makeIterator()
            for index in bytes.indices {
                if Self.isGroupStart(index), characters.next() != Self.hyphen { return false }
                guard let high = characters.next().flatMap(HexDigit.value),
                    let low = characters.next().flatMap(HexDigit.value)
                else { return false }
                bytes[index] = high << 4 | low
            }
            return characters.next() == nil
        }
        guard isRead else { return nil }
        self.init(uuid: bytes)
    }

    private static let hyphen = UInt8(ascii: "-")

    /// Whether a hyphen stands before this byte.
    private static func isGroupStart(_ byte: Int) -> Bool { byte == 4 || byte == 6 || byte == 8 || byte == 10 }
}
