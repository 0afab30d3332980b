/// Encoded lines in one buffer, in their order: what channels keep and sinks deliver.
struct LineBatch: Sendable, Hashable {
    struct Line: Sendable, Hashable {
        /// Where the line ends in the buffer.
        var end: Int32
        /// Where its key (the branch) stands in the buffer; empty when it has none.
        var keyStart: Int32
        var keyCount: Int32
    }

    private(set) var bytes: [UInt8] = []
    private(set) var lines: [Line] = []

    init() {}

    init(bytes: [UInt8], lines: [Line]) {
        self.bytes = bytes
        self.lines = lines
    }

    var count: Int { lines.count }
    var isEmpty: Bool { lines.isEmpty }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : Int(lines[index - 1].end))..<Int(lines[index].end) }

    subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(index)] }

    func keyRange(_ index: Int) -> Range<Int> {
        let line = lines[index]
        return Int(line.keyStart)..<Int(line.keyStart) + Int(line.keyCount)
    }

    func key(_ index: Int) -> ArraySlice<UInt8> { bytes[keyRange(index)] }

    /// Appends what `write` writes as one line; it returns where the key stands in the line.
    mutating func append(_ write: (inout [UInt8]) -> Range<Int>?) {
        let start = bytes.count
        let key = write(&bytes) ?? 0..<0
        lines.append(
            Line(end: Int32(bytes.count), keyStart: Int32(start + key.lowerBound), keyCount: Int32(key.count)))
    }

    mutating func append(_ other: LineBatch) {
        let shift = Int32(bytes.count)
        if lines.isEmpty {
            self = other
            return
        }
        bytes.append(contentsOf: other.bytes)
        lines.reserveCapacity(lines.count + other.lines.count)
        for line in other.lines {
            lines.append(Line(end: line.end + shift, keyStart: line.keyStart + shift, keyCount: line.keyCount))
        }
    }

    mutating func append(_ other: LineBatch, _ index: Int) {
        let line = other.lines[index]
        let range = other.range(index)
        append { bytes in
            bytes.append(contentsOf: other.bytes[range])
            let start = Int(line.keyStart) - range.lowerBound
            return start..<start + Int(line.keyCount)
        }
    }
}
