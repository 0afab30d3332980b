/// A strict JSON parser (RFC 8259). Foundation's own accepts duplicate names without a word and nests to 512 levels.
struct JSONParser {
    private static let maxDepth = 64

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseDocument() throws(DomainError) -> JSONValue {
        skipSpace()
        guard position < bytes.count else { throw malformed("is empty; send a JSON object") }
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("goes on after its end") }
        return value
    }

    private mutating func parseValue(depth: Int) throws(DomainError) -> JSONValue {
        guard depth < Self.maxDepth else { throw malformed("is nested deeper than \(Self.maxDepth) levels") }
        guard position < bytes.count else { throw malformed("ends too early") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return .number(try parseNumber())
        }
    }

    private mutating func parseObject(depth: Int) throws(DomainError) -> JSONValue {
        position += 1
        var members: [JSONMember] = []
        var names: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw malformed("lacks a quoted field name")
            }
            let name = try parseString()
            guard names.insert(name).inserted else {
                throw malformed("has the field \"\(SafeText.singleLine(name, limit: 60))\" twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed("lacks a colon") }
            skipSpace()
            members.append(JSONMember(name: name, value: try parseValue(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw malformed("lacks a comma or closing brace") }
        }
    }

    private mutating func parseArray(depth: Int) throws(DomainError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            skipSpace()
            values.append(try parseValue(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw malformed("lacks a comma or closing bracket") }
        }
    }

    private mutating func parseWord(_ word: String, _ value: JSONValue) throws(DomainError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw malformed("has an unknown word") }
        position += word.utf8.count
        return value
    }

    private mutating func parseNumber() throws(DomainError) -> String {
        let start = position
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
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func parseString() throws(DomainError) -> String {
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw malformed("is not UTF-8") }
                return text
            case UInt8(ascii: "\\"): try parseEscape(into: &content)
            case 0..<0x20: throw malformed("has a control character in a string")
            default: content.append(byte)
            }
        }
        throw malformed("ends inside a string")
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(DomainError) {
        guard position < bytes.count else { throw malformed("ends inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: Character(try parseUnicodeEscape()).utf8)
        default: throw malformed("has an unknown escape in a string")
        }
    }

    private mutating func parseUnicodeEscape() throws(DomainError) -> Unicode.Scalar {
        let unit = try parseHex4()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xD800..<0xDC00).contains(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw malformed("has half a surrogate pair in a string")
        }
        let low = try parseHex4()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw malformed("has half a surrogate pair in a string") }
        return scalar
    }

    private mutating func parseHex4() throws(DomainError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw malformed("ends inside a string") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("has a wrong \\u escape in a string")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private mutating func takeDigits() -> Bool {
        let start = position
        while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private func malformed(_ fault: String) -> DomainError {
        DomainError(
            .malformed, slug: "malformed-json", detail: "The body is not valid JSON: it \(fault) (byte \(position)).")
    }
}
