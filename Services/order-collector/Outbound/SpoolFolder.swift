import Contracts
import Foundation
import Orders

/// A folder of files that are read one after the other. Belongs to one thread; all of it blocks.
final class SpoolFolder {
    struct Chunk: Sendable {
        let generation: LineID.Generation
        let lines: [LineSplitter.Line]
        /// When this part was first seen.
        let seenAt: Int64
    }

    private let settings: SpoolSource.Settings
    private let journal: PositionJournal
    private var file: FollowedFile?

    init(_ settings: SpoolSource.Settings, journalPath: String) throws {
        self.settings = settings
        try FileManager.default.createDirectory(
            atPath: (journalPath as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        journal = try PositionJournal(path: journalPath)
    }

    /// The next lines; the same again until ``delivered()``.
    func next() throws -> Chunk? {
        while true {
            guard let file = try file ?? begin() else { return nil }
            self.file = file
            _ = try file.look(now: .now)
            let lines = try file.read(chunk: 1 << 20, isEnd: true)
            if let first = lines.first, let last = lines.last {
                let known = journal.record(file.generation)?.seenAt(first.offset)
                let now = Timestamp.now.milliseconds
                if known == nil {
                    let mark = FileRecord.Mark(start: first.offset, end: last.end, milliseconds: now)
                    try journal.mark(file.generation, mark)
                }
                return Chunk(generation: file.generation, lines: lines, seenAt: known ?? now)
            }
            try finish(file)
        }
    }

    /// What ``next()`` returned last is safe.
    func delivered() throws {
        guard let file else { return }
        try journal.move([file.generation: file.splitter.offset])
    }

    private func begin() throws -> FollowedFile? {
        let names = try FileManager.default.contentsOfDirectory(atPath: settings.folder).sorted()
        for name in names where !name.hasPrefix(".") && !name.hasSuffix(".done") && !name.hasSuffix(".tmp") {
            let file = try FollowedFile(
                path: "\(settings.folder)/\(name)", isNamed: false, maxLine: settings.maxLine, now: .now
            ) { identity, size in
                let known = journal.records.last {
                    $0.identity.isSameInode(as: identity) && $0.identity.matches(head: identity.head) && !$0.isFinished
                        && $0.position <= size
                }
                if let known { return (known.generation, known.position) }
                let record = FileRecord(generation: .make(), identity: identity)
                try journal.begin(record)
                return (record.generation, 0)
            }
            if let file { return file }
        }
        return nil
    }

    private func finish(_ file: FollowedFile) throws {
        self.file = nil
        try journal.setFinished(file.generation, true)
        let isGone = settings.removes ? unlink(file.path) == 0 : rename(file.path, file.path + ".done") == 0
        if !isGone { throw FileFault("cannot put away", file.path) }
    }
}
