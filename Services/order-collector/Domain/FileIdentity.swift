/// Which file it is, as far as the file system can tell: its place on the disk and how it begins.
///
/// An inode number is given to another file once its own is removed, so the beginning is compared as well.
struct FileIdentity: Sendable, Hashable {
    /// So many bytes of a file's beginning are remembered; a file that was shorter is remembered whole.
    static let headLength = 1024

    let device: UInt64
    let inode: UInt64
    var head: [UInt8]

    /// Whether a file whose beginning is `other` may be this one, grown since: it begins with all that is remembered.
    func matches(head other: [UInt8]) -> Bool { other.starts(with: head) }

    func isSameInode(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }
}
