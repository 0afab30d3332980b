import Foundation

/// The subfolder of one process, held by a lock as long as the process lives.
final class RecoverySlot: Sendable {
    let path: String
    private let lock: Int32

    private init(path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit { close(lock) }

    /// Takes the first free subfolder, `0`, `1` and so on, and makes it when all are taken.
    static func take(in folder: String) throws(RecoveryLogError) -> RecoverySlot {
        for number in 0..<1_000 {
            if let slot = try take(in: folder, number: number) { return slot }
        }
        throw RecoveryLogError("all subfolders are in use")
    }

    /// The subfolders that are there and that nobody holds.
    static func abandoned(in folder: String) throws(RecoveryLogError) -> [RecoverySlot] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var slots: [RecoverySlot] = []
        for number in names.compactMap({ Int($0) }).sorted() {
            if let slot = try take(in: folder, number: number) { slots.append(slot) }
        }
        return slots
    }

    /// Takes one subfolder; `nil` while another process holds it.
    private static func take(in folder: String, number: Int) throws(RecoveryLogError) -> RecoverySlot? {
        let path = "\(folder)/\(number)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw RecoveryLogError("the folder cannot be made: \(error.localizedDescription)")
        }
        let lock = Glibc.open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw RecoveryLogError("the folder cannot be written", errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            return nil
        }
        return RecoverySlot(path: path, lock: lock)
    }

    /// The files there are, oldest first. A line that was being written when the process died is cut off: nobody was
    /// told that it is safe.
    ///
    /// - Returns: The files, and how many bytes were cut.
    func files() throws(RecoveryLogError) -> (files: [RecoveryFile.Summary], cut: Int) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        var files: [RecoveryFile.Summary] = []
        var cut = 0
        for name in names.sorted() where name.hasSuffix(".jsonl") {
            guard let number = Int(name.dropLast(6)) else { continue }
            let file = "\(path)/\(name)"
            guard let content = FileManager.default.contents(atPath: file) else {
                throw RecoveryLogError("\(name) cannot be read")
            }
            let end = RecoveryLine.goodEnd(of: content)
            if end < content.count {
                guard truncate(file, off_t(end)) == 0 else { throw RecoveryLogError("\(name) cannot be cut", errno) }
                cut += content.count - end
            }
            let events = content[..<(content.startIndex + end)].count { $0 == 0x0A }
            files.append(RecoveryFile.Summary(path: file, number: number, events: events, bytes: end))
        }
        return (files.sorted { $0.number < $1.number }, cut)
    }

    func create(number: Int) throws(RecoveryLogError) -> RecoveryFile {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        let file = try RecoveryFile(path: "\(path)/\(name).jsonl", number: number)
        try syncFolder()
        return file
    }

    /// Why the folder cannot be written, if that is so: writes some kilobytes and removes them again.
    func writeFault() -> String? {
        let probe = "\(path)/probe"
        unlink(probe)
        defer { unlink(probe) }
        do {
            let file = try RecoveryFile(path: probe, number: 0)
            try file.append([UInt8](repeating: 0x20, count: 64 << 10), events: 0)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func remove(_ file: RecoveryFile.Summary) throws(RecoveryLogError) {
        guard unlink(file.path) == 0 || errno == ENOENT else { throw RecoveryLogError("cannot be removed", errno) }
        try syncFolder()
    }

    /// Makes the folder's own entries durable.
    private func syncFolder() throws(RecoveryLogError) {
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw RecoveryLogError("cannot be synced", errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw RecoveryLogError("cannot be synced", errno) }
    }
}
