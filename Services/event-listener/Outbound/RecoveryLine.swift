import Contracts
import Digest
import Foundation
import ServiceRuntime

/// A line of the recovery log: `{"crc":"1a2b3c4d","event":{…}}`, the checksum being that of the event's bytes.
enum RecoveryLine {
    private static let prefix = Array(#"{"crc":""#.utf8)
    private static let middle = Array(#"","event":"#.utf8)
    private static let headLength = prefix.count + 8 + middle.count
    private static let digits = Array("0123456789abcdef".utf8)

    static func encode(_ events: [Event]) -> [UInt8] {
        var lines: [UInt8] = []
        for event in events {
            var json = EventJSON()
            json.write(event)
            lines += prefix
            lines += checksum(json.bytes[...])
            lines += middle
            lines += json.bytes
            lines.append(UInt8(ascii: "}"))
            lines.append(0x0A)
        }
        return lines
    }

    /// The event of a line without its line break; `nil` when the line is damaged.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) -> Event? {
        guard range.count > headLength + 2, bytes[range.upperBound - 1] == UInt8(ascii: "}"),
            bytes[range].starts(with: prefix)
        else { return nil }
        let event = (range.lowerBound + headLength)..<(range.upperBound - 1)
        let sum = bytes[(range.lowerBound + prefix.count)...].prefix(8)
        guard checksum(bytes[event]).elementsEqual(sum),
            bytes[(range.lowerBound + prefix.count + 8)...].starts(with: middle)
        else { return nil }
        return try? EventReader.readStored(bytes, in: event)
    }

    /// Where the last good line ends: what stands behind it was being written when the process or the host went down.
    static func goodEnd(of content: Data) -> Int {
        let bytes = [UInt8](content)
        var end = bytes.count
        while end > 0 {
            let isWhole = bytes[end - 1] == 0x0A
            let last = isWhole ? end - 1 : end
            let start = bytes[..<last].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            if isWhole, decode(bytes, start..<last) != nil { return end }
            end = start
        }
        return 0
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let sum = CRC32.checksum(of: bytes)
        return (0..<8).map { digits[Int(sum >> (28 - 4 * UInt32($0))) & 15] }
    }
}
