/// Tells a gap from a harmless jump in offsets.
///
/// Offsets may jump for good reasons: transaction markers, compaction. What the log has lost is below its low
/// watermark, so only a low watermark above the offset that was expected is a loss.
enum GapRule {
    /// What a look at the log's ends says.
    enum Verdict: Equatable {
        /// Nothing is missing.
        case complete
        /// `missing` offsets from the expected one on are gone; `firstAvailable` is next.
        case gap(firstAvailable: Int64, missing: Int64)
        /// The log ends before the expected offset: it was made anew, and begins at `firstAvailable`.
        case shortened(firstAvailable: Int64)
    }

    /// A message came whose offset is above the expected one.
    static func judgeJump(expected: Int64, arrived: Int64, low: Int64) -> Verdict {
        guard low > expected else { return .complete }
        let first = min(low, arrived)
        return .gap(firstAvailable: first, missing: first - expected)
    }

    /// The broker said that the expected offset is out of range.
    static func judgeRange(expected: Int64, low: Int64, high: Int64) -> Verdict {
        if low > expected { return .gap(firstAvailable: low, missing: low - expected) }
        if high < expected { return .shortened(firstAvailable: low) }
        return .complete
    }
}
