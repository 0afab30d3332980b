/// A batch as the file channel writes it: a head with length and checksum, the lines' ends and keys, their bytes.
enum BatchRecord {
    static let headLength = 24
    private static let magic: UInt32 = 0x4C42_4348

    struct Head: Sendable, Hashable {
        let length: Int
        let lines: Int
        let checksum: UInt64
    }

    static func encode(_ batch: LineBatch) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(batch.count * 12 + batch.bytes.count)
        for line in batch.lines {
            for number in [line.end, line.keyStart, line.keyCount] { append(UInt32(bitPattern: number), to: &body) }
        }
        body.append(contentsOf: batch.bytes)
        var record: [UInt8] = []
        record.reserveCapacity(headLength + body.count)
        append(magic, to: &record)
        append(UInt32(body.count), to: &record)
        append(UInt32(batch.count), to: &record)
        append(0 as UInt32, to: &record)
        withUnsafeBytes(of: checksum(body).littleEndian) { record.append(contentsOf: $0) }
        record.append(contentsOf: body)
        return record
    }

    /// `nil` when there is no record here.
    static func head(_ bytes: [UInt8]) -> Head? {
        guard bytes.count == headLength, number(bytes, 0) == magic else { return nil }
        let sum = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self)) }
        return Head(length: Int(number(bytes, 4)), lines: Int(number(bytes, 8)), checksum: sum)
    }

    /// `nil` when the body is not what was written.
    static func decode(_ head: Head, _ body: [UInt8]) -> LineBatch? {
        guard body.count == head.length, head.lines * 12 <= body.count, checksum(body) == head.checksum else {
            return nil
        }
        var lines: [LineBatch.Line] = []
        lines.reserveCapacity(head.lines)
        for index in 0..<head.lines {
            lines.append(
                LineBatch.Line(
                    end: Int32(bitPattern: number(body, index * 12)),
                    keyStart: Int32(bitPattern: number(body, index * 12 + 4)),
                    keyCount: Int32(bitPattern: number(body, index * 12 + 8))))
        }
        return LineBatch(bytes: Array(body[(head.lines * 12)...]), lines: lines)
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    /// Tells torn and overwritten records from whole ones: eight bytes at a time, each mixed as SplitMix64 does.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { buffer in
            var hash = UInt64(buffer.count) &* 0x9E37_79B9_7F4A_7C15
            var index = 0
            while index < buffer.count {
                var word: UInt64 = 0
                if index + 8 <= buffer.count {
                    word = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                } else {
                    for byte in buffer[index...] { word = word << 8 | UInt64(byte) }
                }
                hash = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
                hash ^= hash >> 29
                index += 8
            }
            return hash
        }
    }
}
