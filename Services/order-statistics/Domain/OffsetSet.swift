/// Which offsets of one file have been seen, as a few ranges: what is read in order is one range, however long.
///
/// Exact as long as there are at most ``maxRanges`` ranges. Beyond, the lowest gap counts as seen: a line that comes so
/// much later than those behind it is then taken for a repeat.
struct OffsetSet: Sendable, Hashable {
    static let maxRanges = 1024

    /// Ascending, not touching one another.
    private(set) var ranges: [Range<Int64>] = []

    init() {}

    /// Parses what ``text`` wrote; `nil` if it is something else.
    init?(_ text: some StringProtocol) {
        for part in text.split(separator: ",") {
            let bounds = part.split(separator: "-").compactMap { Int64($0) }
            guard bounds.count == 2, bounds[0] < bounds[1], bounds[0] > ranges.last?.upperBound ?? -1 else {
                return nil
            }
            ranges.append(bounds[0]..<bounds[1])
        }
    }

    /// `0-1200,1500-1700`
    var text: String { ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",") }

    func contains(_ offset: Int64) -> Bool {
        // Most questions are about the end.
        guard let last = ranges.last, offset < last.upperBound else { return false }
        if offset >= last.lowerBound { return true }
        let index = firstRange(endingAbove: offset)
        return index < ranges.count && ranges[index].contains(offset)
    }

    /// Adds `span`, joining the ranges that it touches.
    mutating func insert(_ span: Range<Int64>) {
        if let last = ranges.last, span.lowerBound >= last.lowerBound {
            if span.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                ranges.append(span)
            }
        } else {
            let first = firstRange(endingAbove: span.lowerBound - 1)
            var end = first
            var joined = span
            while end < ranges.count, ranges[end].lowerBound <= span.upperBound {
                joined = min(joined.lowerBound, ranges[end].lowerBound)..<max(joined.upperBound, ranges[end].upperBound)
                end += 1
            }
            ranges.replaceSubrange(first..<end, with: [joined])
        }
        while ranges.count > Self.maxRanges {
            ranges.replaceSubrange(0..<2, with: [ranges[0].lowerBound..<ranges[1].upperBound])
        }
    }

    /// The first range whose end is above `offset`.
    private func firstRange(endingAbove offset: Int64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
