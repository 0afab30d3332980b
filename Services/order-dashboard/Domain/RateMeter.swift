/// Orders a second over the last seconds, of each branch. Pure: time comes from outside.
struct RateMeter: Sendable {
    /// Over so many whole seconds.
    static let seconds = 10

    private var buckets: [String: [Int64: Int]] = [:]

    /// - Parameter second: Of any clock that only goes forward.
    mutating func add(_ count: Int, branch: String, second: Int64) {
        buckets[branch, default: [:]][second, default: 0] += count
        buckets[branch] = buckets[branch]?.filter { $0.key > second - Int64(Self.seconds) - 1 }
    }

    /// Orders a second; the second that is still running is left out.
    func rate(_ branch: String, second: Int64) -> Double {
        let range = second - Int64(Self.seconds)..<second
        let sum = buckets[branch]?.filter { range.contains($0.key) }.values.reduce(0, +) ?? 0
        return Double(sum) / Double(Self.seconds)
    }
}
