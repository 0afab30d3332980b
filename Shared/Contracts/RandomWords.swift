import Foundation
import Synchronization

/// The system's randomness, fetched for many words at once: each fetch is a system call.
struct RandomWords {
    private static let source = open("/dev/urandom", O_RDONLY | O_CLOEXEC)

    private var words = [UInt64](repeating: 0, count: 64)
    private var used = 64

    mutating func next() -> UInt64 {
        if used == words.count {
            let got = words.withUnsafeMutableBytes { read(Self.source, $0.baseAddress, $0.count) }
            // Where there is no such device, word by word.
            guard got == words.count * 8 else { return .random(in: .min ... .max) }
            used = 0
        }
        defer { used += 1 }
        return words[used]
    }

    private static let shared = Mutex(RandomWords())

    /// One word for whoever keeps none himself.
    static func word() -> UInt64 { shared.withLock { $0.next() } }
}
