import Foundation
import Synchronization

/// Time-ordered UUIDs, version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then a counter and randomness.
///
/// Within one process every value is greater than the one before it: the 12 bits behind the time count up within
/// a millisecond (method 1 of section 6.2).
public enum UUIDv7 {
    private static let generator = UUIDv7Generator()

    /// A new identifier for the present moment.
    ///
    /// - Parameter time: The present moment, for callers who have looked already. An identifier that was made for a later
    ///   one pulls the new one with it.
    public static func make(at time: Timestamp = .now) -> UUID {
        generator.make(milliseconds: UInt64(clamping: time.milliseconds))
    }
}

/// Remembers the latest value, so that the next one is greater.
final class UUIDv7Generator: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var counter: UInt16 = 0
        var randomness = RandomWords()
    }

    private let state = Mutex(State())

    func make(milliseconds now: UInt64) -> UUID {
        let (milliseconds, counter, random) = state.withLock { state in
            if now > state.milliseconds {
                state.milliseconds = now
                state.counter = UInt16(truncatingIfNeeded: state.randomness.next()) & 0x3FF
            } else if state.counter < 0xFFF {
                state.counter += 1
            } else {
                state.milliseconds += 1
                state.counter = 0
            }
            return (state.milliseconds, state.counter, state.randomness.next())
        }
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
