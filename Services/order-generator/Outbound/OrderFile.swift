import Foundation

/// The file that orders are added to. Each call writes whole lines to the file that has the name at that moment.
final class OrderFile {
    private let path: String
    private let rotateBytes: Int?
    private let keep: Int
    private var descriptor: Int32 = -1
    private var identity: (device: UInt64, inode: UInt64) = (0, 0)

    init(path: String, rotateBytes: Int?, keep: Int) throws {
        self.path = path
        self.rotateBytes = rotateBytes
        self.keep = keep
        try open()
    }

    deinit { close(descriptor) }

    /// Adds `lines` at the end.
    ///
    /// - Throws: ``OrderFileError``.
    func append(_ lines: [UInt8]) throws {
        try follow()
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw OrderFileError("cannot write to", path) }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// Begins a new file when somebody has renamed or removed the present one, or when it is full.
    private func follow() throws {
        var named = stat()
        let isThere = stat(path, &named) == 0
        if isThere, (UInt64(named.st_dev), UInt64(named.st_ino)) == identity {
            guard let rotateBytes, named.st_size >= rotateBytes else { return }
            try rotate()
        }
        try open()
    }

    private func open() throws {
        if descriptor >= 0 { close(descriptor) }
        descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw OrderFileError("cannot open", path) }
        identity = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    private func rotate() throws {
        for number in stride(from: keep - 1, to: 0, by: -1) { rename("\(path).\(number)", "\(path).\(number + 1)") }
        guard rename(path, "\(path).1") == 0 else { throw OrderFileError("cannot rename", path) }
    }
}

/// Why the file cannot be written.
struct OrderFileError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ path: String) { description = "\(what) \(path): \(String(cString: strerror(errno)))" }
}
