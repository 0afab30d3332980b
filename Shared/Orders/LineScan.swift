/// The top-level members of a line that matter on its way, found in one pass; their ranges are offsets into the line.
public struct LineScan: Sendable {
    /// `<generation>:<offset>`, as a collector wrote it.
    public private(set) var id: LineID?
    /// The bytes of the same file and branch that this line answers for: from the end of the line before to its own.
    public private(set) var span: Range<Int64>?
    /// Milliseconds since 1970.
    public private(set) var orderedAt: Int64?
    /// The branch as it stands in the line, whether it is known or not.
    public private(set) var branch: Range<Int>?
    public private(set) var customerAgeGrade: Range<Int>?
    public private(set) var paymentMethod: Range<Int>?
    /// The array of coffees.
    public private(set) var orders: Range<Int>?
    /// A line that is no JSON object, as a string, or as Base64 when it is not UTF-8.
    public private(set) var raw: Range<Int>?
    public private(set) var rawBase64: Range<Int>?
    /// The line was longer than allowed; `raw` is its beginning.
    public private(set) var isTruncated = false
    public private(set) var hasOrderedAt = false
    /// It has members of names that a collector would add.
    public private(set) var hasReservedNames = false
    /// Where the first member begins, behind the brace; equal to ``end`` in an empty object.
    public private(set) var firstMember = 0
    /// Where the closing brace stands.
    public private(set) var end = 0

    private enum Name: UInt16 {
        case id = 1
        case span = 2
        case orderedAt = 4
        case branch = 8
        case customerAgeGrade = 16
        case paymentMethod = 32
        case orders = 64
        case raw = 128
        case rawBase64 = 256
        case truncated = 512
    }

    private static let names: [(short: ShortName, name: Name)] = [
        (ShortName("id"), .id), (ShortName("span"), .span), (ShortName("branch"), .branch),
        (ShortName("customerAgeGrade"), .customerAgeGrade), (ShortName("paymentMethod"), .paymentMethod),
        (ShortName("orders"), .orders), (ShortName("orderedAt"), .orderedAt), (ShortName("raw"), .raw),
        (ShortName("rawBase64"), .rawBase64), (ShortName("truncated"), .truncated),
    ]

    /// `nil` when the line is no well-formed JSON object in UTF-8, or names one of these members twice.
    public init?(_ line: UnsafeBufferPointer<UInt8>) {
        guard Self.isUTF8(line) else { return nil }
        var cursor = JSONCursor(line)
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        var seen: UInt16 = 0
        cursor.skipSpace()
        firstMember = cursor.position
        if !cursor.take(UInt8(ascii: "}")) {
            while true {
                cursor.skipSpace()
                guard let name = cursor.string() else { return nil }
                cursor.skipSpace()
                guard cursor.take(UInt8(ascii: ":")) else { return nil }
                cursor.skipSpace()
                let start = cursor.position
                if let known = Self.find(UnsafeBufferPointer(rebasing: line[name.range])) {
                    guard seen & known.rawValue == 0 else { return nil }
                    seen |= known.rawValue
                    guard read(known, &cursor, line) else { return nil }
                    if cursor.position == start { return nil }
                } else {
                    guard cursor.skipValue() else { return nil }
                }
                cursor.skipSpace()
                if cursor.take(UInt8(ascii: "}")) { break }
                guard cursor.take(UInt8(ascii: ",")) else { return nil }
            }
        }
        end = cursor.position - 1
        cursor.skipSpace()
        guard cursor.isAtEnd else { return nil }
    }

    private mutating func read(_ name: Name, _ cursor: inout JSONCursor, _ line: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = cursor.position
        guard cursor.skipValue() else { return false }
        let whole = start..<cursor.position
        // A string without its quotes; other kinds of values, and the rare string with escapes, stay whole.
        let isString = line[start] == UInt8(ascii: "\"")
        let text = isString ? whole.lowerBound + 1..<whole.upperBound - 1 : whole
        let content = UnsafeBufferPointer(rebasing: line[text])
        switch name {
        case .id:
            id = LineID(content)
            hasReservedNames = true
        case .span:
            span = Self.span(UnsafeBufferPointer(rebasing: line[whole]))
            hasReservedNames = true
        case .orderedAt:
            orderedAt = isString ? EventTime.parse(content) : nil
            hasOrderedAt = true
        case .branch: branch = text
        case .customerAgeGrade: customerAgeGrade = text
        case .paymentMethod: paymentMethod = text
        case .orders: orders = whole
        case .raw:
            raw = whole
            hasReservedNames = true
        case .rawBase64:
            rawBase64 = text
            hasReservedNames = true
        case .truncated:
            isTruncated = content.elementsEqual("true".utf8)
            hasReservedNames = true
        }
        return true
    }

    private static func find(_ name: UnsafeBufferPointer<UInt8>) -> Name? {
        guard let wanted = ShortName(name) else { return nil }
        return names.first { $0.short == wanted }?.name
    }

    private static func span(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int64>? {
        var cursor = JSONCursor(bytes)
        guard cursor.take(UInt8(ascii: "[")), let start = cursor.wholeNumber(), cursor.take(UInt8(ascii: ",")),
            let end = cursor.wholeNumber(), cursor.take(UInt8(ascii: "]")), start < end
        else { return nil }
        return start..<end
    }

    private static func isUTF8(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var high: UInt8 = 0
        for byte in line { high |= byte }
        return high < 0x80 || String(validating: line, as: UTF8.self) != nil
    }
}
