import Foundation

/// Reading and writing whole pieces of files. All of it blocks.
enum FileBytes {
    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(FileFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw FileFault("cannot write to", path) }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// At most `count` bytes at `offset`; fewer at the end of the file.
    static func read(_ descriptor: Int32, at offset: Int64, count: Int, _ path: String) throws(FileFault) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = pread(descriptor, rest.baseAddress, rest.count, Int(offset) + filled)
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                if got <= 0 { return }
                filled += got
            }
        }
        if failed { throw FileFault("cannot read", path) }
        return bytes
    }

    /// Makes a new or renamed file's name durable.
    static func syncFolder(of path: String) {
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}

/// Why a file could not be read or written.
struct FileFault: Error, CustomStringConvertible {
    let description: String
    let code: Int32

    init(_ what: String, _ path: String) {
        code = errno
        description = "\(what) \(path): \(String(cString: strerror(errno)))"
    }
}
