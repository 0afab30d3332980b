/// Hexadecimal digits as ASCII bytes.
enum HexDigit {
    /// The digit in lower case of a number below 16.
    static func of(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    /// What a digit of either case stands for; `nil` where it is none.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 65...70: digit - 55
        case 97...102: digit - 87
        default: nil
        }
    }
}
