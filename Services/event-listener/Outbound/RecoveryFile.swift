import Foundation

/// One file of the recovery log while it grows.
// @unchecked Sendable: one owner uses it, RecoveryLog with its state locked, or the one call that made it.
final class RecoveryFile: @unchecked Sendable {
    /// A file as it is known without being open.
    struct Summary: Sendable, Hashable {
        var path: String
        var number: Int
        var events: Int
        var bytes: Int
    }

    private(set) var summary: Summary
    private let descriptor: Int32

    /// Makes the file; it must not be there yet.
    init(path: String, number: Int) throws(RecoveryLogError) {
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RecoveryLogError("cannot be written", errno) }
        summary = Summary(path: path, number: number, events: 0, bytes: 0)
    }

    deinit { close(descriptor) }

    /// Writes the lines and returns when they are on the disk; of lines that do not fit nothing stays.
    func append(_ lines: [UInt8], events: Int) throws(RecoveryLogError) {
        var written = 0
        var fault: Int32 = 0
        while written < lines.count, fault == 0 {
            let count = lines.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, lines.count - written) }
            if count > 0 { written += count } else if errno != EINTR { fault = errno }
        }
        if fault == 0, fdatasync(descriptor) != 0 { fault = errno }
        guard fault == 0 else {
            _ = ftruncate(descriptor, off_t(summary.bytes))
            _ = fdatasync(descriptor)
            throw RecoveryLogError("cannot be written", fault)
        }
        summary.events += events
        summary.bytes += lines.count
    }
}

/// Why the recovery log cannot be used, safe to show.
struct RecoveryLogError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
    init(_ what: String) { description = what }
}
