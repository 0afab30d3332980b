import Foundation

/// Wakes a thread that waits for a notification. A pipe: `poll` watches it beside the connection's socket.
public final class PostgresWakeup: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    /// - Throws: ``PostgresError`` when the process has no descriptor left.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            throw PostgresError(.configuration, "there is no file descriptor left", detail: reason)
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the wait that is going on, or else the next one. From any thread.
    public func signal() {
        var byte: UInt8 = 1
        // A full pipe has woken the reader already.
        _ = write(writeEnd, &byte, 1)
    }

    /// Takes back all signals; true if there were any.
    func consume() -> Bool {
        var bytes: [UInt8] = Array(repeating: 0, count: 64)
        var isSignalled = false
        while read(readEnd, &bytes, bytes.count) > 0 { isSignalled = true }
        return isSignalled
    }
}
