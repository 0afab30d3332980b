/// A name of at most 24 bytes as four words: compared without walking over its bytes, kept without a string.
public struct ShortName: Sendable, Hashable {
    public static let maxLength = 24

    private let count: Int
    private let words: SIMD4<UInt64>

    /// `nil` when it is longer.
    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count <= Self.maxLength else { return nil }
        count = bytes.count
        let raw = UnsafeRawBufferPointer(bytes)
        var words = SIMD4<UInt64>()
        // Words that overlap cover every byte.
        if count >= 8 {
            words[0] = raw.loadUnaligned(as: UInt64.self)
            words[1] = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            if count > 16 { words[2] = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
        } else if count >= 4 {
            words[0] = UInt64(raw.loadUnaligned(as: UInt32.self))
            words[1] = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            for (index, byte) in raw.enumerated() { words[index] = UInt64(byte) }
        }
        self.words = words
    }

    init(_ name: StaticString) {
        guard let short = ShortName(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) else {
            preconditionFailure("\(name) is longer than a short name")
        }
        self = short
    }
}
