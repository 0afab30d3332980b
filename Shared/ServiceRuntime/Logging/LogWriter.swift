import Foundation

/// Writes whole lines to a file descriptor, one `write` each, so that lines of threads do not mix and none is lost
/// in a buffer when the process is killed.
public final class LogWriter: Sendable {
    private let descriptor: Int32
    private let lock = NSLock()

    /// Standard output.
    public static let standardOutput = LogWriter(descriptor: 1)

    static let standardError = LogWriter(descriptor: 2)

    public init(descriptor: Int32) { self.descriptor = descriptor }

    func write(_ line: [UInt8]) {
        lock.withLock {
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                // Nobody can be told that the log cannot be written; the service goes on without it.
                if count <= 0, errno != EINTR { return }
                rest = rest.dropFirst(max(count, 0))
            }
        }
    }
}
