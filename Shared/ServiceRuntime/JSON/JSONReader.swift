/// Reads JSON (RFC 8259) piece by piece, without building values: for formats that come by the million.
///
/// The caller asks for what it expects; whatever it does not want it skips, and may keep as the bytes it came as. The
/// syntax of everything that is skipped is checked too.
///
/// - Errors: 400 `malformed-json`.
public struct JSONReader {
    private static let maxDepth = 64

    /// The text, or more than it.
    public let bytes: [UInt8]
    /// Where the next byte is read.
    public private(set) var position: Int
    private let start: Int
    private let end: Int
    private var hasSeenHighBytes = false

    /// Reads `bytes`, or the part of them that `range` names.
    public init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
        self.bytes = bytes
        start = range?.lowerBound ?? 0
        position = start
        end = range?.upperBound ?? bytes.count
    }

    /// The kind of value that comes next.
    public enum Kind: Sendable, Hashable { case object, array, string, number, bool, null }

    /// Looks at the next value without reading it.
    public mutating func next() throws(DomainError) -> Kind {
        skipSpace()
        guard position < end else { throw malformed("ends too early") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), 48...57: return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw malformed("has a value that is not JSON")
        }
    }

    /// Enters the object or array that comes next.
    public mutating func open() {
        skipSpace()
        position += 1
    }

    /// Reads what stands between two elements: `true` when another element follows, `false` behind the closing bracket.
    ///
    /// - Parameter isFirst: Nothing was read yet of this object or array.
    public mutating func hasElement(isFirst: Bool, closing: Unicode.Scalar) throws(DomainError) -> Bool {
        skipSpace()
        if take(UInt8(ascii: closing)) { return false }
        if isFirst { return true }
        guard take(UInt8(ascii: ",")) else { throw malformed("lacks a comma or closing bracket") }
        return true
    }

    /// Reads a field's name and the colon behind it.
    public mutating func name() throws(DomainError) -> String {
        try openName()
        let name = try string()
        try closeName()
        return name
    }

    /// Reads a field's name and the colon behind it, without making a string of the name.
    ///
    /// - Returns: The name's place among `names`; `nil` for another, which ``name()`` reads then.
    public mutating func name(among names: JSONNames) throws(DomainError) -> Int? {
        try openName()
        let start = position
        let isPlain = try skipString()
        let index =
            isPlain
            ? names.index(of: (start + 1)..<(position - 1), in: bytes)
            : names.index(of: try unescaped(start..<position))
        guard let index else {
            position = start
            return nil
        }
        try closeName()
        return index
    }

    private mutating func openName() throws(DomainError) {
        skipSpace()
        guard position < end, bytes[position] == UInt8(ascii: "\"") else {
            throw malformed("lacks a quoted field name")
        }
    }

    private mutating func closeName() throws(DomainError) {
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw malformed("lacks a colon") }
    }

    /// Reads the string that comes next.
    public mutating func string() throws(DomainError) -> String {
        skipSpace()
        let start = position
        hasSeenHighBytes = false
        let isPlain = try skipString()
        guard isPlain else { return try unescaped(start..<position) }
        let range = (start + 1)..<(position - 1)
        guard hasSeenHighBytes else { return ascii(range) }
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw malformed("is not UTF-8") }
        return text
    }

    /// Reads the number that comes next; `nil` when it is not a whole one of 32 bits.
    public mutating func int32() throws(DomainError) -> Int32? {
        skipSpace()
        let start = position
        try skipNumber()
        if let number = wholeNumber(start..<position) { return number }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return JSONValue.number(text).int64.flatMap { Int32(exactly: $0) }
    }

    /// Digits that fit without a further look; `nil` for whatever needs one.
    private func wholeNumber(_ range: Range<Int>) -> Int32? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        let digits = range.dropFirst(isNegative ? 1 : 0)
        guard digits.count <= 9 else { return nil }
        var number: Int32 = 0
        for index in digits {
            guard (48...57).contains(bytes[index]) else { return nil }
            number = number * 10 + Int32(bytes[index] - 48)
        }
        return isNegative ? -number : number
    }

    /// Skips the value that comes next.
    ///
    /// - Returns: Where it stands in ``bytes``; it is JSON in valid UTF-8.
    @discardableResult
    public mutating func skipValue() throws(DomainError) -> Range<Int> {
        skipSpace()
        let start = position
        hasSeenHighBytes = false
        try skip(depth: 0)
        if hasSeenHighBytes, String(validating: bytes[start..<position], as: UTF8.self) == nil {
            throw malformed("is not UTF-8")
        }
        return start..<position
    }

    /// Checks that nothing follows but space.
    public mutating func finish() throws(DomainError) {
        skipSpace()
        guard position == end else { throw malformed("goes on after its end") }
    }

    private mutating func skip(depth: Int) throws(DomainError) {
        guard depth < Self.maxDepth else { throw malformed("is nested deeper than \(Self.maxDepth) levels") }
        switch try next() {
        case .object:
            open()
            var isFirst = true
            while try hasElement(isFirst: isFirst, closing: "}") {
                isFirst = false
                try openName()
                try skipString()
                try closeName()
                try skip(depth: depth + 1)
            }
        case .array:
            open()
            var isFirst = true
            while try hasElement(isFirst: isFirst, closing: "]") {
                isFirst = false
                try skip(depth: depth + 1)
            }
        case .string: try skipString()
        case .number: try skipNumber()
        case .bool: try skipWord(bytes[position] == UInt8(ascii: "t") ? "true" : "false")
        case .null: try skipWord("null")
        }
    }

    /// Returns whether the string has no escapes.
    @discardableResult
    private mutating func skipString() throws(DomainError) -> Bool {
        position += 1
        var isPlain = true
        while position < end {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return isPlain }
            if byte < 0x20 { throw malformed("has a control character in a string") }
            if byte >= 0x80 { hasSeenHighBytes = true }
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                try skipEscape()
            }
        }
        throw malformed("ends inside a string")
    }

    private mutating func skipEscape() throws(DomainError) {
        guard position < end else { throw malformed("ends inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        case UInt8(ascii: "u"):
            guard position + 4 <= end, bytes[position..<position + 4].allSatisfy(Self.isHex) else {
                throw malformed("has a wrong \\u escape in a string")
            }
            position += 4
        default: throw malformed("has an unknown escape in a string")
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// Most strings; there is nothing to validate in them.
    private func ascii(_ range: Range<Int>) -> String {
        bytes.withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: range.count) { text in
                UnsafeMutableRawBufferPointer(text).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                return range.count
            }
        }
    }

    /// A string with escapes is rare enough to go the way of all other JSON here.
    private func unescaped(_ range: Range<Int>) throws(DomainError) -> String {
        guard case .string(let text) = try JSONValue.parse(Array(bytes[range])) else { return "" }
        return text
    }

    private mutating func skipNumber() throws(DomainError) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard takeDigits() else { throw malformed("has a value that is not JSON") }
        }
        if take(UInt8(ascii: ".")) {
            guard takeDigits() else { throw malformed("has a number without digits behind the point") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            guard takeDigits() else { throw malformed("has a number without an exponent") }
        }
    }

    private mutating func skipWord(_ word: String) throws(DomainError) {
        guard position + word.utf8.count <= end, bytes[position...].starts(with: word.utf8) else {
            throw malformed("has an unknown word")
        }
        position += word.utf8.count
    }

    private mutating func takeDigits() -> Bool {
        let start = position
        while position < end, (48...57).contains(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func malformed(_ fault: String) -> DomainError {
        DomainError(
            .malformed, slug: "malformed-json",
            detail: "The body is not valid JSON: it \(fault) (byte \(position - start)).")
    }
}
