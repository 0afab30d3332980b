import Contracts
import Foundation

/// Which line of which file, for ever: a UUID that the collector gave to the file's generation, and the byte offset
/// at which the line begins. Written `<uuid>:<offset>`.
public struct LineID: Sendable, Hashable, CustomStringConvertible {
    public let generation: Generation
    public let offset: Int64

    public init(generation: Generation, offset: Int64) {
        self.generation = generation
        self.offset = offset
    }

    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count > 37, bytes[36] == UInt8(ascii: ":"),
            let generation = Generation(UnsafeBufferPointer(rebasing: bytes[..<36]))
        else { return nil }
        var offset: Int64 = 0
        for byte in bytes[37...] {
            guard (48...57).contains(byte), offset < Int64.max / 20 else { return nil }
            offset = offset * 10 + Int64(byte - 48)
        }
        self.init(generation: generation, offset: offset)
    }

    public var description: String { "\(generation):\(offset)" }

    /// One life of a file, from its creation or truncation to its end.
    public struct Generation: Sendable, Hashable, CustomStringConvertible {
        let high: UInt64
        let low: UInt64

        public init(_ uuid: UUID) {
            (high, low) = withUnsafeBytes(of: uuid.uuid) { bytes in
                (
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        }

        /// A new one.
        public static func make() -> Generation { Generation(UUIDv7.make()) }

        public init?(_ text: String) {
            var text = text
            guard let value = text.withUTF8({ Generation($0) }) else { return nil }
            self = value
        }

        /// Parses 36 bytes such as `01890a5d-ac96-774b-bcce-b302099a8057`.
        public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
            guard bytes.count == 36 else { return nil }
            var (high, low): (UInt64, UInt64) = (0, 0)
            for (index, byte) in bytes.enumerated() {
                if index == 8 || index == 13 || index == 18 || index == 23 {
                    guard byte == UInt8(ascii: "-") else { return nil }
                    continue
                }
                let digit: UInt8
                switch byte {
                case 48...57: digit = byte - 48
                case 97...102: digit = byte - 87
                case 65...70: digit = byte - 55
                default: return nil
                }
                if index < 18 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            }
            (self.high, self.low) = (high, low)
        }

        public var description: String {
            let digits = Self.hex(high) + Self.hex(low)
            var text: [UInt8] = []
            for (index, digit) in digits.enumerated() {
                if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
                text.append(digit)
            }
            return String(decoding: text, as: UTF8.self)
        }

        private static func hex(_ value: UInt64) -> [UInt8] {
            let text = String(value, radix: 16)
            return Array(repeating: 48, count: 16 - text.utf8.count) + Array(text.utf8)
        }
    }
}
