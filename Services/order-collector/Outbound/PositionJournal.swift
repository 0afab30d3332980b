import Foundation
import Orders

/// Remembers on disk what has been read of which file: a line for each change, written anew when it has grown.
///
/// A new generation is on the disk (fsync) before its first line is sent; positions may be a little behind, which
/// costs repeats that are recognized by their ids. Belongs to one thread.
final class PositionJournal {
    private static let maxRecords = 1000
    private static let rewriteAfter = 4 << 20

    private struct Entry: Codable {
        var generation: String
        var device: UInt64?
        var inode: UInt64?
        var head: Data?
        var position: Int64?
        var mark: [Int64]?
        var finished: Bool?
    }

    private let path: String
    private var descriptor: Int32 = -1
    private var size = 0
    private let encoder = JSONEncoder()
    /// The oldest first.
    private(set) var records: [FileRecord] = []
    /// Nothing was known when the journal was opened: this collector has never run here.
    let isNew: Bool

    /// Reads what is there; the end of a journal that was cut off in the middle of a line is left out.
    init(path: String) throws {
        self.path = path
        let text = FileManager.default.contents(atPath: path)
        isNew = text == nil
        for line in (text ?? Data()).split(separator: 0x0A) {
            guard let entry = try? JSONDecoder().decode(Entry.self, from: line) else { continue }
            apply(entry)
        }
        try rewrite()
    }

    deinit { close(descriptor) }

    func record(_ generation: LineID.Generation) -> FileRecord? { records.first { $0.generation == generation } }

    /// A new generation; on the disk when this returns.
    func begin(_ record: FileRecord) throws {
        records.append(record)
        if records.count > Self.maxRecords, let oldest = records.firstIndex(where: \.isFinished) {
            records.remove(at: oldest)
        }
        try write([Self.full(record)], sync: true)
    }

    /// The file's beginning is longer now, or the file has another place on the disk.
    func identify(_ generation: LineID.Generation, _ identity: FileIdentity) throws {
        try change(
            Entry(
                generation: generation.description, device: identity.device, inode: identity.inode,
                head: Data(identity.head)), sync: true)
    }

    func mark(_ generation: LineID.Generation, _ mark: FileRecord.Mark) throws {
        try change(
            Entry(generation: generation.description, mark: [mark.start, mark.end, mark.milliseconds]), sync: false)
    }

    func move(_ positions: [LineID.Generation: Int64]) throws {
        let entries = positions.map { Entry(generation: $0.key.description, position: $0.value) }
        for entry in entries { apply(entry) }
        try write(entries, sync: false)
    }

    func setFinished(_ generation: LineID.Generation, _ isFinished: Bool) throws {
        try change(Entry(generation: generation.description, finished: isFinished), sync: false)
    }

    private func change(_ entry: Entry, sync: Bool) throws {
        apply(entry)
        try write([entry], sync: sync)
    }

    private func apply(_ entry: Entry) {
        guard let generation = LineID.Generation(entry.generation) else { return }
        let index: Int
        if let known = records.lastIndex(where: { $0.generation == generation }) {
            index = known
        } else {
            guard let device = entry.device, let inode = entry.inode else { return }
            index = records.count
            records.append(
                FileRecord(generation: generation, identity: FileIdentity(device: device, inode: inode, head: [])))
        }
        if let device = entry.device, let inode = entry.inode, let head = entry.head {
            records[index].identity = FileIdentity(device: device, inode: inode, head: Array(head))
        }
        if let position = entry.position { records[index].position = position }
        if let mark = entry.mark, mark.count == 3 {
            records[index].marks.append(FileRecord.Mark(start: mark[0], end: mark[1], milliseconds: mark[2]))
        }
        if let finished = entry.finished { records[index].isFinished = finished }
        records[index].trim()
    }

    private static func full(_ record: FileRecord) -> Entry {
        Entry(
            generation: record.generation.description, device: record.identity.device, inode: record.identity.inode,
            head: Data(record.identity.head), position: record.position, finished: record.isFinished)
    }

    private func write(_ entries: [Entry], sync: Bool) throws {
        var bytes: [UInt8] = []
        for entry in entries { bytes += try encoder.encode(entry) + [0x0A] }
        try FileBytes.write(bytes, to: descriptor, path)
        size += bytes.count
        if sync, fdatasync(descriptor) != 0 { throw FileFault("cannot sync", path) }
        if size > Self.rewriteAfter { try rewrite() }
    }

    /// Writes the present state into a new file that takes the old one's place in one step.
    private func rewrite() throws {
        let new = path + ".new"
        let fresh = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fresh >= 0 else { throw FileFault("cannot write", new) }
        var bytes: [UInt8] = []
        for record in records {
            bytes += try encoder.encode(Self.full(record)) + [0x0A]
            for mark in record.marks {
                let entry = Entry(
                    generation: record.generation.description, mark: [mark.start, mark.end, mark.milliseconds])
                bytes += try encoder.encode(entry) + [0x0A]
            }
        }
        try FileBytes.write(bytes, to: fresh, new)
        guard fsync(fresh) == 0, rename(new, path) == 0 else { throw FileFault("cannot replace", path) }
        FileBytes.syncFolder(of: path)
        if descriptor >= 0 { close(descriptor) }
        descriptor = fresh
        size = bytes.count
    }
}
