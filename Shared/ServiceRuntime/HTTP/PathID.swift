/// Ids as paths and queries write them.
enum PathID {
    /// A positive 64-bit integer in decimal digits without sign; leading zeros are refused.
    static func parse(_ text: some StringProtocol) -> Int64? {
        guard let first = text.utf8.first, (49...57).contains(first), text.utf8.count <= 19,
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int64(text)
    }
}
