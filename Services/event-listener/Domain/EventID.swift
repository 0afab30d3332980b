import Contracts
import Foundation

/// The uuids that this service gives to events: version 7, with a mark by which they are known again.
///
/// Such a uuid tells by itself where its event stands in the log: at the time that it names. So it needs no row in the
/// table that makes the others unique over all days.
enum EventID {
    static func make(at time: Timestamp) -> UUID {
        var bytes = UUIDv7.make(at: time).uuid
        let mark = mark(of: bytes)
        bytes.14 = UInt8(truncatingIfNeeded: mark >> 8)
        bytes.15 = UInt8(truncatingIfNeeded: mark)
        return UUID(uuid: bytes)
    }

    /// Whether it was made here. Of the uuids of version 7 that others make one in 65,536 looks so too; that costs a look
    /// into the log, and nothing else.
    static func isOwn(_ uuid: UUID) -> Bool {
        let bytes = uuid.uuid
        return bytes.6 >> 4 == 7 && UInt16(bytes.14) << 8 | UInt16(bytes.15) == mark(of: bytes)
    }

    /// When it was made.
    static func time(of uuid: UUID) -> Timestamp {
        Timestamp(milliseconds: Int64(halves(uuid.uuid).0 >> 16))
    }

    /// A checksum of all bytes but the last two.
    private static func mark(of bytes: uuid_t) -> UInt16 {
        let (first, second) = halves(bytes)
        // Odd constants that spread neighbouring values, from the golden ratio and from xxHash.
        let mixed = (first &* 0x9E37_79B9_7F4A_7C15) ^ ((second >> 16) &* 0xC2B2_AE3D_27D4_EB4F)
        return UInt16(truncatingIfNeeded: mixed >> 48)
    }

    private static func halves(_ bytes: uuid_t) -> (UInt64, UInt64) {
        withUnsafeBytes(of: bytes) {
            (
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
