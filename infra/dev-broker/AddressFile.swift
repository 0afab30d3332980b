import Foundation

/// The file that tells others where the broker is.
struct AddressFile: Sendable {
    let path: String

    /// Writes the address in one step: a reader finds all of it or no file.
    func write(_ address: String) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((address + "\n").utf8).write(to: url, options: .atomic)
    }

    /// An address that leads nowhere any more is worse than none.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
