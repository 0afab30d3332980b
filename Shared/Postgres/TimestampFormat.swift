import Contracts

/// The binary form of `timestamptz`: microseconds since 2000-01-01T00:00:00Z.
enum TimestampFormat {
    private static let epoch: Int64 = 946_684_800_000

    /// A moment beyond what the type can hold becomes one that the server refuses.
    static func microseconds(_ timestamp: Timestamp) -> Int64 {
        let (sinceEpoch, below) = timestamp.milliseconds.subtractingReportingOverflow(epoch)
        let (microseconds, above) = sinceEpoch.multipliedReportingOverflow(by: 1000)
        return below || above ? .max - 1 : microseconds
    }

    /// `nil` for `infinity` and `-infinity`; parts of a millisecond are cut off.
    static func timestamp(microseconds: Int64) -> Timestamp? {
        guard microseconds != .max, microseconds != .min else { return nil }
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1000)
        return Timestamp(milliseconds: quotient + epoch - (remainder < 0 ? 1 : 0))
    }
}
