import Foundation

/// Cuts what was read of a file into lines. A pure value: it reads nothing, it only says what it found.
///
/// A line longer than ``maxLine`` is passed over up to its end; what remains of it is its beginning.
struct LineSplitter: Sendable {
    /// One line as it was found.
    struct Line: Sendable, Hashable {
        /// Where it begins in the file.
        let offset: Int64
        /// The offset behind it, its line feed included.
        let end: Int64
        let body: ArraySlice<UInt8>
        let isTruncated: Bool
    }

    /// How much of a line that is too long is kept.
    static let keptOfLongLine = 1024

    let maxLine: Int
    /// Up to here the file has been cut into lines.
    private(set) var offset: Int64
    /// Inside a line that is too long: how it begins and where it has been read to.
    private var long: (head: ArraySlice<UInt8>, readTo: Int64)?

    init(offset: Int64, maxLine: Int) {
        self.offset = offset
        self.maxLine = maxLine
    }

    /// Where the next bytes are to be read from.
    var readOffset: Int64 { long?.readTo ?? offset }

    /// Takes the bytes at ``readOffset``; returns the lines that are complete.
    ///
    /// - Parameter isEnd: Nothing will follow: what has no line feed is a line too.
    mutating func take(_ bytes: [UInt8], isEnd: Bool = false) -> [Line] {
        var lines: [Line] = []
        var start = 0
        let base = readOffset
        while start < bytes.count, let feed = Self.lineFeed(in: bytes, from: start) {
            lines.append(finish(bytes[start..<feed], end: base + Int64(feed) + 1))
            start = feed + 1
        }
        let rest = bytes[start...]
        if long != nil || rest.count > maxLine {
            if long == nil { long = (Array(rest.prefix(Self.keptOfLongLine))[...], offset) }
            long?.readTo = base + Int64(bytes.count)
            if isEnd { lines.append(finish([], end: base + Int64(bytes.count))) }
        } else if isEnd, !rest.isEmpty {
            lines.append(finish(rest, end: base + Int64(bytes.count)))
        }
        return lines
    }

    private mutating func finish(_ body: ArraySlice<UInt8>, end: Int64) -> Line {
        defer {
            offset = end
            long = nil
        }
        if let long { return Line(offset: offset, end: end, body: long.head, isTruncated: true) }
        if body.count > maxLine {
            let head = Array(body.prefix(Self.keptOfLongLine))[...]
            return Line(offset: offset, end: end, body: head, isTruncated: true)
        }
        let content = body.last == 0x0D ? body.dropLast() : body
        return Line(offset: offset, end: end, body: content, isTruncated: false)
    }

    private static func lineFeed(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, let hit = memchr(base + start, 0x0A, buffer.count - start) else {
                return nil
            }
            return hit.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(mutating: base)
        }
    }
}
