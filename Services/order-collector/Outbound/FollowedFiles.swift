import Contracts
import Foundation
import Logging
import Orders

/// A file that is followed through its rotations: the one that has the name now, and those that had it before and are
/// not read to their end. Belongs to one thread; all of it blocks.
///
/// - Renamed: the old file stays open until it is drained and has not grown for ``Settings/linger``.
/// - Truncated (smaller than what was read, or with another beginning): a new generation begins. If a copy of the old
///   one is found beside it, with lines that had not been read, they are read from there.
/// - Rotated while nobody looked: files beside it whose name begins with its own are read too, unless they were before.
final class FollowedFiles {
    struct Settings: Sendable, Hashable {
        let path: String
        var maxLine = 256 << 10
        var chunk = 1 << 20
        /// How long a file that lost its name may stand still before it is left.
        var linger: Duration = .seconds(10)
        /// Begin at the end of a file that is there when the collector runs for the first time.
        var fromEnd = false
    }

    /// Lines that belong together, with the time at which each was first seen.
    struct Chunk: Sendable {
        let generation: LineID.Generation
        let lines: [LineSplitter.Line]
        let seenAt: [Int64]
        var end: Int64 { lines.last?.end ?? 0 }
    }

    private static let maxOpenFiles = 64
    private static let ignoredSuffixes = [".gz", ".xz", ".zst", ".bz2", ".tmp", ".swp", "~"]

    private let settings: Settings
    private let journal: PositionJournal
    private let logger: Logger
    /// The oldest first; the one that has the name stands last.
    private var files: [FollowedFile] = []
    /// Up to where this process has read each generation, safe or not.
    private var readTo: [LineID.Generation: Int64] = [:]
    /// Neighbours as they were when they were last examined.
    private var examined: [String: stat] = [:]
    private var isFirstLook: Bool

    init(_ settings: Settings, journal: PositionJournal, logger: Logger) {
        self.settings = settings
        self.journal = journal
        self.logger = logger
        isFirstLook = journal.isNew
    }

    /// Bytes that are in the files and not safe yet.
    var lag: Int64 {
        files.reduce(0) { $0 + max($1.size - (journal.record($1.generation)?.position ?? 0), 0) }
    }

    func move(_ positions: [LineID.Generation: Int64]) throws { try journal.move(positions) }

    /// Looks for files that came, went, or were replaced.
    func discover(now: ContinuousClock.Instant = .now) throws {
        var status = stat()
        let isThere = stat(settings.path, &status) == 0
        let named = files.last { $0.isNamed }
        if let named,
            !isThere || named.identity.device != UInt64(status.st_dev)
                || named.identity.inode != UInt64(status.st_ino)
        {
            named.isNamed = false
        }
        try examineNeighbours(now)
        if isThere, !files.contains(where: \.isNamed), files.count < Self.maxOpenFiles {
            try open(settings.path, isNamed: true, now)
        }
        isFirstLook = false
    }

    /// The next lines, from the oldest file that has some.
    func next(now: ContinuousClock.Instant = .now) throws -> Chunk? {
        for file in files {
            switch try file.look(now: now) {
            case .truncated:
                try replace(file, now)
                return try next(now: now)
            case .headGrown: try journal.identify(file.generation, file.identity)
            case .same: break
            }
            let isEnd = !file.isNamed && file.changedAt.duration(to: now) > settings.linger
            let lines = try file.read(chunk: settings.chunk, isEnd: isEnd)
            if !lines.isEmpty { return try chunk(file, lines) }
            if isEnd { try leave(file) }
        }
        return nil
    }

    private func chunk(_ file: FollowedFile, _ lines: [LineSplitter.Line]) throws -> Chunk {
        let known = journal.record(file.generation)
        let knownTo = known?.readTo ?? 0
        let (start, end) = (lines[0].offset, lines[lines.count - 1].end)
        let now = Timestamp.now.milliseconds
        let seenAt =
            start >= knownTo
            ? Array(repeating: now, count: lines.count) : lines.map { known?.seenAt($0.offset) ?? now }
        if end > knownTo {
            try journal.mark(
                file.generation, FileRecord.Mark(start: max(start, knownTo), end: end, milliseconds: now))
        }
        readTo[file.generation] = end
        return Chunk(generation: file.generation, lines: lines, seenAt: seenAt)
    }

    private func open(_ path: String, isNamed: Bool, _ now: ContinuousClock.Instant) throws {
        let file = try FollowedFile(path: path, isNamed: isNamed, maxLine: settings.maxLine, now: now) {
            identity, size in try choose(identity, size, path: path, isNamed: isNamed)
        }
        guard let file else { return }
        if isNamed {
            files.append(file)
        } else {
            files.insert(file, at: files.lastIndex(where: \.isNamed) ?? files.count)
        }
        logger.info(
            "following a file",
            metadata: ["file": "\(path)", "generation": "\(file.generation)", "offset": "\(file.splitter.offset)"])
    }

    /// Which generation a file is and where to go on in it; `nil` when there is nothing to read.
    private func choose(
        _ identity: FileIdentity, _ size: Int64, path: String, isNamed: Bool
    ) throws -> (LineID.Generation, Int64)? {
        if let record = known(identity, size: size, isCopyAllowed: !isNamed) {
            let offset = max(record.position, readTo[record.generation] ?? 0)
            guard isNamed || size > offset, !files.contains(where: { $0.generation == record.generation }) else {
                return nil
            }
            if record.isFinished { try journal.setFinished(record.generation, false) }
            if record.identity != identity { try journal.identify(record.generation, identity) }
            return (record.generation, offset)
        }
        // A copy that is just being made begins like the file that it is a copy of.
        if !isNamed, journal.records.contains(where: { $0.identity.head.starts(with: identity.head) }) { return nil }
        var record = FileRecord(generation: .make(), identity: identity)
        // Whoever starts for the first time takes no files from before, only the one that has the name.
        let isOld = isFirstLook && (!isNamed || settings.fromEnd)
        if isOld { record.position = size }
        record.isFinished = isOld && !isNamed
        try journal.begin(record)
        return record.isFinished ? nil : (record.generation, record.position)
    }

    /// The record of a file: the same place on the disk and the same beginning, or a copy with the same beginning.
    private func known(_ identity: FileIdentity, size: Int64, isCopyAllowed: Bool) -> FileRecord? {
        let alike = journal.records.filter {
            $0.identity.matches(head: identity.head) && size >= $0.position
                && (!$0.identity.head.isEmpty || $0.identity.isSameInode(as: identity))
        }
        if let same = alike.last(where: { $0.identity.isSameInode(as: identity) }) { return same }
        return isCopyAllowed ? alike.last : nil
    }

    private func examineNeighbours(_ now: ContinuousClock.Instant) throws {
        let folder = (settings.path as NSString).deletingLastPathComponent
        let name = (settings.path as NSString).lastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        var found: [(path: String, status: stat)] = []
        for other in names where other.hasPrefix(name + ".") || other.hasPrefix(name + "-") {
            guard !Self.ignoredSuffixes.contains(where: { other.hasSuffix($0) }) else { continue }
            let path = folder.isEmpty ? other : "\(folder)/\(other)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if let before = examined[path], before.isUnchanged(status) { continue }
            found.append((path, status))
        }
        for (path, status) in found.sorted(by: { $0.status.st_mtim.tv_sec < $1.status.st_mtim.tv_sec }) {
            let isOpen = files.contains {
                $0.identity.device == UInt64(status.st_dev) && $0.identity.inode == UInt64(status.st_ino)
            }
            guard !isOpen, files.count < Self.maxOpenFiles else { continue }
            let count = files.count
            try open(path, isNamed: false, now)
            // A copy is judged again once the file it was made from has been truncated.
            if files.count == count, !isFirstLook { examined[path] = status }
        }
        if examined.count > 1000 { examined.removeAll() }
    }

    private func replace(_ file: FollowedFile, _ now: ContinuousClock.Instant) throws {
        logger.info("a file was truncated", metadata: ["file": "\(file.path)", "generation": "\(file.generation)"])
        let isNamed = file.isNamed
        try leave(file)
        examined.removeAll()
        try examineNeighbours(now)
        if isNamed { try open(settings.path, isNamed: true, now) }
    }

    private func leave(_ file: FollowedFile) throws {
        files.removeAll { $0 === file }
        try journal.setFinished(file.generation, true)
    }
}

extension stat {
    fileprivate func isUnchanged(_ other: stat) -> Bool {
        st_dev == other.st_dev && st_ino == other.st_ino && st_size == other.st_size
            && st_mtim.tv_sec == other.st_mtim.tv_sec && st_mtim.tv_nsec == other.st_mtim.tv_nsec
    }
}
