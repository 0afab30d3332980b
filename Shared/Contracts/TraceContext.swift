/// W3C Trace Context: the `traceparent` header (https://www.w3.org/TR/trace-context/).
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero.
    public let spanID: String
    /// The flags byte; bit 0 is "sampled".
    public let flags: UInt8

    /// A new trace.
    public init() {
        traceID = Self.randomHex(words: 2)
        spanID = Self.randomHex(words: 1)
        flags = 1
    }

    /// Parses a `traceparent`; `nil` if it is not well-formed.
    public init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[0], count: 2), Self.isHex(parts[1], count: 32), Self.isHex(parts[2], count: 16),
            Self.isHex(parts[3], count: 2), parts[1].contains(where: { $0 != "0" }),
            parts[2].contains(where: { $0 != "0" }), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        traceID = String(parts[1])
        spanID = String(parts[2])
        self.flags = flags
    }

    private init(traceID: String, flags: UInt8) {
        self.traceID = traceID
        spanID = Self.randomHex(words: 1)
        self.flags = flags
    }

    /// The same trace with a span of its own.
    public func child() -> TraceContext { TraceContext(traceID: traceID, flags: flags) }

    public var description: String { "00-\(traceID)-\(spanID)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))" }

    private static func isHex(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// 16 digits a word, and no word is zero.
    private static func randomHex(words: Int) -> String {
        String(unsafeUninitializedCapacity: 16 * words) { text in
            for place in 0..<words {
                let word = max(RandomWords.word(), 1)
                for digit in 0..<16 {
                    let nibble = UInt8(truncatingIfNeeded: word >> (60 - 4 * digit)) & 15
                    text[16 * place + digit] = HexDigit.of(nibble)
                }
            }
            return 16 * words
        }
    }
}
