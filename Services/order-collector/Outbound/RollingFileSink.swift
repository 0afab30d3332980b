import Foundation
import WorkerThreads

/// Writes lines to files in a folder, on the disk before they count as delivered; a new file begins by size and time.
struct RollingFileSink: Sink {
    let thread: WorkerThreads<Lazily<RollingFile>>

    func deliver(_ batch: LineBatch) async throws {
        try await thread.run { file in try file.value().append(batch) }
    }

    func close() async { await thread.close() }

    struct Settings: SinkSettings {
        static let type = "files"
        let folder: String
        let prefix: String
        let rollBytes: Int
        let rollAfter: Duration
        let keep: Int

        init(_ section: inout Section) throws(ConfigFault) {
            folder = try section.string("folder")
            prefix = try section.string("prefix", default: "lines")
            rollBytes = try section.bytes("rollBytes", default: 64 << 20)
            rollAfter = try section.duration("rollAfter", default: .seconds(3600))
            keep = try section.int("keep", default: 100, in: 1...100_000)
        }

        func make(_ context: ComponentContext) throws -> any Sink {
            let settings = self
            return RollingFileSink(
                thread: WorkerThreads(name: "file-sink", count: 1, queueLimit: 16) {
                    Lazily { try RollingFile(settings) }
                })
        }
    }
}

/// The file that is written to now. Belongs to one thread.
final class RollingFile {
    private let settings: RollingFileSink.Settings
    private var descriptor: Int32 = -1
    private var path = ""
    private var size = 0
    private var begun = ContinuousClock.now

    init(_ settings: RollingFileSink.Settings) throws {
        self.settings = settings
        try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ batch: LineBatch) throws {
        if descriptor < 0 || size >= settings.rollBytes || begun.duration(to: .now) > settings.rollAfter {
            try begin()
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(batch.bytes.count + batch.count)
        for index in 0..<batch.count {
            bytes.append(contentsOf: batch[index])
            bytes.append(0x0A)
        }
        try FileBytes.write(bytes, to: descriptor, path)
        guard fdatasync(descriptor) == 0 else { throw FileFault("cannot sync", path) }
        size += bytes.count
    }

    private func begin() throws {
        if descriptor >= 0 { close(descriptor) }
        // Names sort by time; the process id keeps those of two collectors apart.
        let time = Int64(Date().timeIntervalSince1970 * 1000)
        path = "\(settings.folder)/\(settings.prefix)-\(time)-\(getpid()).jsonl"
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFault("cannot open", path) }
        FileBytes.syncFolder(of: path)
        (size, begun) = (0, .now)
        try removeOld()
    }

    private func removeOld() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: settings.folder)
            .filter { $0.hasPrefix(settings.prefix + "-") }.sorted()
        for name in names.dropLast(settings.keep) { unlink("\(settings.folder)/\(name)") }
    }
}
