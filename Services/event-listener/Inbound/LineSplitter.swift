/// Cuts a stream of bytes into lines while it arrives; holds one unfinished line at most.
struct LineSplitter {
    enum Line: Sendable, Hashable {
        /// Where the line stands in the bytes that were handed over with it.
        case whole([UInt8], Range<Int>)
        /// Longer than the limit; its bytes are gone.
        case tooLong
    }

    private let limit: Int
    private var rest: [UInt8] = []
    private var isSkipping = false

    init(limit: Int) { self.limit = limit }

    /// The lines that `bytes` complete, without their line breaks.
    mutating func split(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            if isSkipping {
                isSkipping = false
                lines.append(.tooLong)
            } else if rest.isEmpty {
                lines.append(end - start > limit ? .tooLong : .whole(bytes, start..<end))
            } else {
                rest += bytes[start..<end]
                lines.append(rest.count > limit ? .tooLong : .whole(rest, 0..<rest.count))
                rest = []
            }
            start = end + 1
        }
        guard !isSkipping else { return lines }
        rest += bytes[start...]
        if rest.count > limit {
            rest = []
            isSkipping = true
        }
        return lines
    }

    /// The last line, if no line break stands behind it.
    mutating func last() -> Line? {
        defer { (rest, isSkipping) = ([], false) }
        if isSkipping { return .tooLong }
        return rest.isEmpty ? nil : .whole(rest, 0..<rest.count)
    }
}
