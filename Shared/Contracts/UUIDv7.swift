import Foundation
import Synchronization

/// Time-ordered UUIDs, version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then a counter and randomness.
///
/// Within one process every value is greater than the one before it: the 12 bits behind the time count up within
/// a millisecond (method 1 of section 6.2).
public enum UUIDv7 {
    private static let generator = UUIDv7Generator()

    /// A new identifier for the present moment.
    public static func make() -> UUID {
        generator.make(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
    }
}

/// Remembers the latest value, so that the next one is greater.
final class UUIDv7Generator: Sendable {
    private let last = Mutex<(milliseconds: UInt64, counter: UInt16)>((0, 0))

    func make(milliseconds now: UInt64) -> UUID {
        let (milliseconds, counter) = last.withLock { last in
            if now > last.milliseconds {
                last = (now, UInt16.random(in: 0..<0x400))
            } else if last.counter < 0xFFF {
                last.counter += 1
            } else {
                last = (last.milliseconds + 1, 0)
            }
            return last
        }
        let random = UInt64.random(in: .min ... .max)
        return UUID(
            uuid: (
                UInt8(truncatingIfNeeded: milliseconds >> 40), UInt8(truncatingIfNeeded: milliseconds >> 32),
                UInt8(truncatingIfNeeded: milliseconds >> 24), UInt8(truncatingIfNeeded: milliseconds >> 16),
                UInt8(truncatingIfNeeded: milliseconds >> 8), UInt8(truncatingIfNeeded: milliseconds),
                0x70 | UInt8(truncatingIfNeeded: counter >> 8), UInt8(truncatingIfNeeded: counter),
                0x80 | UInt8(truncatingIfNeeded: random >> 56) & 0x3F, UInt8(truncatingIfNeeded: random >> 48),
                UInt8(truncatingIfNeeded: random >> 40), UInt8(truncatingIfNeeded: random >> 32),
                UInt8(truncatingIfNeeded: random >> 24), UInt8(truncatingIfNeeded: random >> 16),
                UInt8(truncatingIfNeeded: random >> 8), UInt8(truncatingIfNeeded: random)
            )
        )
    }
}
