/// Walks over one JSON text in place: strict (RFC 8259), without making values.
///
/// Made for lines that come by the hundred thousand a second; everything else uses `JSONValue`.
struct JSONCursor {
    private static let maxDepth = 64

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// A string's content between its quotes; `isPlain` when it has no escapes.
    struct Text {
        let range: Range<Int>
        let isPlain: Bool
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// `nil` when there is no well-formed string here.
    mutating func string() -> Text? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        var isPlain = true
        while position < bytes.count {
            skipPlain()
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return Text(range: start..<position - 1, isPlain: isPlain) }
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                guard escape() else { return nil }
            }
        }
        return nil
    }

    /// Steps over eight bytes at a time up to a quote, a backslash or a control character, or near the end.
    private mutating func skipPlain() {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let raw = UnsafeRawBufferPointer(bytes)
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // The lowest bit that is set marks the first such byte (Bit Twiddling Hacks, "has less" and "has value").
            let quote = word ^ ones &* 0x22
            let backslash = word ^ ones &* 0x5C
            let quotes = (quote &- ones) & ~quote
            let backslashes = (backslash &- ones) & ~backslash
            let controls = (word &- ones &* 0x20) & ~word
            let found = (quotes | backslashes | controls) & highs
            if found != 0 {
                position += found.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    private mutating func escape() -> Bool {
        guard position < bytes.count else { return false }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard position + 4 <= bytes.count else { return false }
            for index in position..<position + 4 {
                switch bytes[index] {
                case 48...57, 65...70, 97...102: continue
                default: return false
                }
            }
            position += 4
            return true
        default: return false
        }
    }

    /// Steps over any value; `false` when it is not well-formed.
    mutating func skipValue(depth: Int = 1) -> Bool {
        guard position < bytes.count, depth < Self.maxDepth else { return false }
        switch bytes[position] {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"): return skipObject(depth)
        case UInt8(ascii: "["): return skipArray(depth)
        case UInt8(ascii: "t"): return skipWord("true")
        case UInt8(ascii: "f"): return skipWord("false")
        case UInt8(ascii: "n"): return skipWord("null")
        default: return skipNumber()
        }
    }

    private mutating func skipObject(_ depth: Int) -> Bool {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return true }
        while true {
            skipSpace()
            guard string() != nil else { return false }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
            if take(UInt8(ascii: "}")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func skipArray(_ depth: Int) -> Bool {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return true }
        while true {
            skipSpace()
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func skipWord(_ word: StaticString) -> Bool {
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) { return false }
        return true
    }

    private mutating func skipNumber() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(48), !skipDigits() { return false }
        if take(UInt8(ascii: ".")), !skipDigits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            return skipDigits()
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
        return position > start
    }

    /// A whole number that is not negative.
    mutating func wholeNumber() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, (48...57).contains(bytes[position]) {
            guard value < Int64.max / 20 else { return nil }
            value = value * 10 + Int64(bytes[position] - 48)
            position += 1
        }
        return position > start ? value : nil
    }
}
