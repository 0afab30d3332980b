import Contracts
import Foundation
import Orders

/// Turns events into the lines that go over the wire: the JSON object as it stood in the file, with `id`, `span` and,
/// where there was none, `orderedAt` in front.
///
/// `span` is the part of the file that a line answers for: from the end of the line of the same branch before it. With
/// it the reader knows what it has seen as a few ranges, also when a filter has left lines out. A line that is no such
/// object becomes the member `raw` (or `rawBase64`) of one. A line that a collector has encoded already is kept as it is.
struct LineEncoder {
    /// Beyond this, spans begin anew, which costs the reader some ranges and nothing else.
    private static let maxSpans = 10_000

    private struct SpanKey: Hashable {
        let generation: LineID.Generation
        let branch: String
    }

    /// Beyond this, what is at hand is put away.
    private static let maxAtHand = 64

    /// Where the line before ended, for branches that lines have come of lately, found again by their bytes.
    private struct Lane {
        let generation: LineID.Generation
        let branch: ShortName
        let key: SpanKey
        var end: Int64
    }

    private var lanes: [Lane] = []
    /// The same for all others.
    private var ends: [SpanKey: Int64] = [:]
    /// How a line of the latest generation begins: `{"id":"<generation>:`
    private var head: (id: LineID.Generation, text: [UInt8])?
    private var time: (milliseconds: Int64, text: [UInt8])?

    mutating func append(_ event: Event, to batch: inout LineBatch) {
        event.body.withUnsafeBufferPointer { line in
            let scan = event.isTruncated ? nil : LineScan(line)
            if let scan, scan.id != nil, scan.span != nil {
                batch.append { bytes in
                    bytes.append(contentsOf: line)
                    return scan.branch
                }
            } else if let scan, !scan.hasReservedNames {
                batch.append { bytes in appendObject(event, scan, line, to: &bytes) }
            } else {
                batch.append { bytes in
                    appendRaw(event, line, to: &bytes)
                    return nil
                }
            }
        }
    }

    private mutating func appendObject(
        _ event: Event, _ scan: LineScan, _ line: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]
    ) -> Range<Int>? {
        let start = bytes.count
        let branch = scan.branch.map { UnsafeBufferPointer(rebasing: line[$0]) }
        appendHead(event, branch: branch, hasTime: scan.hasOrderedAt, to: &bytes)
        if scan.firstMember < scan.end { bytes.append(UInt8(ascii: ",")) }
        let shift = bytes.count - start - scan.firstMember
        if scan.firstMember < scan.end {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: line[scan.firstMember..<scan.end]))
        }
        bytes.append(UInt8(ascii: "}"))
        return scan.branch.map { $0.lowerBound + shift..<$0.upperBound + shift }
    }

    private mutating func appendRaw(_ event: Event, _ line: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        appendHead(event, branch: nil, hasTime: false, to: &bytes)
        if event.isTruncated { bytes.append(contentsOf: #","truncated":true"#.utf8) }
        if !event.isTruncated, let text = String(validating: line, as: UTF8.self) {
            bytes.append(contentsOf: #","raw":"#.utf8)
            Self.appendQuoted(text, to: &bytes)
        } else {
            bytes.append(contentsOf: #","rawBase64":""#.utf8)
            bytes.append(contentsOf: Data(line).base64EncodedString().utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Everything but the closing brace.
    private mutating func appendHead(
        _ event: Event, branch: UnsafeBufferPointer<UInt8>?, hasTime: Bool, to bytes: inout [UInt8]
    ) {
        if head?.id != event.id.generation {
            head = (event.id.generation, Array(#"{"id":"\#(event.id.generation):"#.utf8))
        }
        if let head { bytes.append(contentsOf: head.text) }
        Self.append(event.id.offset, to: &bytes)
        bytes.append(contentsOf: #"","span":["#.utf8)
        Self.append(spanStart(event, branch ?? UnsafeBufferPointer(start: nil, count: 0)), to: &bytes)
        bytes.append(UInt8(ascii: ","))
        Self.append(event.end, to: &bytes)
        bytes.append(UInt8(ascii: "]"))
        if !hasTime {
            if time?.milliseconds != event.seenAt {
                time = (event.seenAt, Array(Timestamp(milliseconds: event.seenAt).description.utf8))
            }
            bytes.append(contentsOf: #","orderedAt":""#.utf8)
            bytes.append(contentsOf: time?.text ?? [])
            bytes.append(UInt8(ascii: "\""))
        }
        guard !event.headers.isEmpty else { return }
        bytes.append(contentsOf: #","headers":{"#.utf8)
        for (index, header) in event.headers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.appendQuoted(header.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            Self.appendQuoted(header.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func spanStart(_ event: Event, _ branch: UnsafeBufferPointer<UInt8>) -> Int64 {
        let before = replaceEnd(event, branch)
        // A file that is read again from an earlier place begins a new chain of spans.
        return before.map { $0 <= event.id.offset ? $0 : event.id.offset } ?? event.id.offset
    }

    /// Notes where the line ends, and returns where the one of the same branch before it did.
    private mutating func replaceEnd(_ event: Event, _ branch: UnsafeBufferPointer<UInt8>) -> Int64? {
        let short = ShortName(branch)
        if let index = lanes.firstIndex(where: { $0.branch == short && $0.generation == event.id.generation }) {
            defer { lanes[index].end = event.end }
            return lanes[index].end
        }
        let key = SpanKey(generation: event.id.generation, branch: String(decoding: branch, as: UTF8.self))
        let before = ends[key]
        if before == nil, ends.count >= Self.maxSpans { ends.removeAll() }
        ends[key] = event.end
        if let short {
            if lanes.count == Self.maxAtHand {
                for lane in lanes { ends[lane.key] = lane.end }
                lanes.removeAll()
            }
            lanes.append(Lane(generation: event.id.generation, branch: short, key: key, end: event.end))
        }
        return before
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            var rest = number
            repeat {
                start -= 1
                digits[start] = UInt8(48 + rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: [92, 117, 48, 48, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
