import Foundation

/// A key set in a file, such as one that a cluster mounts and replaces.
struct FileKeySource: KeySource {
    static let maxBytes = 256 << 10

    let path: String

    func load() async throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KeySourceFault(description: "the file cannot be read")
        }
        guard data.count <= Self.maxBytes else { throw KeySourceFault(description: "the file is larger than 256 KiB") }
        return Array(data)
    }
}
