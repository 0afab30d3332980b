import Foundation
import Orders

/// One generation of a file while it is being read. Belongs to one thread.
final class FollowedFile {
    let generation: LineID.Generation
    let path: String
    private(set) var identity: FileIdentity
    private(set) var splitter: LineSplitter
    /// Whether the file still has the name that is followed.
    var isNamed: Bool
    /// How it stood when it was last looked at.
    private(set) var size: Int64 = 0
    private(set) var changedAt: ContinuousClock.Instant
    private let descriptor: Int32

    /// Opens the file that has this name now; `nil` when there is none.
    ///
    /// - Parameter choose: Decides which generation it is and where to begin.
    init?(
        path: String, isNamed: Bool, maxLine: Int, now: ContinuousClock.Instant,
        choose: (FileIdentity, Int64) throws -> (LineID.Generation, Int64)?
    ) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileFault("cannot open", path)
        }
        var chosen: (generation: LineID.Generation, offset: Int64)?
        var identity: FileIdentity?
        do {
            let found = try Self.identify(descriptor, path)
            if let found { chosen = try choose(found.identity, found.size) }
            identity = found?.identity
        } catch {
            close(descriptor)
            throw error
        }
        guard let chosen, let identity else {
            close(descriptor)
            return nil
        }
        (self.descriptor, self.path, self.isNamed, self.identity) = (descriptor, path, isNamed, identity)
        generation = chosen.generation
        splitter = LineSplitter(offset: chosen.offset, maxLine: maxLine)
        changedAt = now
    }

    deinit { close(descriptor) }

    /// Bytes that are there and not cut into lines yet.
    var unread: Int64 { max(size - splitter.offset, 0) }

    /// What has become of the file since it was last looked at.
    enum Look: Equatable {
        case same
        /// The beginning is known further than before.
        case headGrown
        /// It was truncated: what is there now is another generation.
        case truncated
    }

    func look(now: ContinuousClock.Instant) throws -> Look {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFault("cannot look at", path) }
        if status.st_size != size { changedAt = now }
        size = Int64(status.st_size)
        if size < splitter.readOffset { return .truncated }
        let head = try FileBytes.read(descriptor, at: 0, count: min(FileIdentity.headLength, Int(size)), path)
        guard identity.matches(head: head) else { return .truncated }
        guard head.count > identity.head.count else { return .same }
        identity.head = head
        return .headGrown
    }

    /// The next lines; none when there is no complete one.
    ///
    /// - Parameter isEnd: Nothing will be added to the file any more.
    func read(chunk: Int, isEnd: Bool) throws -> [LineSplitter.Line] {
        while true {
            let count = min(Int(size - splitter.readOffset), max(chunk, splitter.maxLine + 1))
            let bytes = count > 0 ? try FileBytes.read(descriptor, at: splitter.readOffset, count: count, path) : []
            if bytes.isEmpty, !isEnd { return [] }
            let before = splitter.readOffset
            let isLast = isEnd && before + Int64(bytes.count) >= size
            let lines = splitter.take(bytes, isEnd: isLast)
            // Inside a line that is too long nothing is returned for a while.
            if !lines.isEmpty || splitter.readOffset == before || isLast { return lines }
        }
    }

    /// Which file it is and how long; `nil` for what is no regular file.
    static func identify(_ descriptor: Int32, _ path: String) throws -> (identity: FileIdentity, size: Int64)? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFault("cannot look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let count = min(FileIdentity.headLength, Int(status.st_size))
        let head = try FileBytes.read(descriptor, at: 0, count: count, path)
        let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino), head: head)
        return (identity, Int64(status.st_size))
    }
}
