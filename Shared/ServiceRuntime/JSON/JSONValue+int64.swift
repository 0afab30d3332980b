extension JSONValue {
    /// The value of a whole number that fits into 64 bits, however it is written: `1000`, `1000.0` and `1e3` are the
    /// same number (JSON Schema 2020-12, 4.2.3). `nil` for anything else.
    public var int64: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text) ?? Self.whole(text)
    }

    private static func whole(_ text: String) -> Int64? {
        let parts = text.lowercased().split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        var digits = String((mantissa[0] + fraction).drop { $0 == "0" })
        guard !digits.isEmpty else { return 0 }
        guard let written = parts.count > 1 ? Int(parts[1]) : 0, abs(written) <= 1 << 20 else { return nil }
        // Where the point stands, counted from the last digit.
        var exponent = written - fraction.utf8.count
        while exponent < 0, digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        guard exponent >= 0, digits.utf8.count + exponent <= 19 else { return nil }
        return Int64((text.hasPrefix("-") ? "-" : "") + digits + String(repeating: "0", count: exponent))
    }
}
