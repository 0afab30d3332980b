import DequeModule
import Logging
import Synchronization
import WorkerThreads

/// Keeps lines on the disk: what was put is safe at once, and what waits survives the process and the machine.
final class FileChannel: Channel {
    private let thread: WorkerThreads<Lazily<ChannelLog>>
    private let puts: Coalescer<Lazily<ChannelLog>, LineBatch, Void>
    private let fill = AsyncCondition(ChannelFill())
    private let taken = Mutex<Deque<Taken>>([])
    /// A batch that is with the sink, and where the one behind it begins.
    private struct Taken: Sendable {
        let fill: ChannelFill
        let end: ChannelLog.Place
    }

    private let isLoaded = AsyncCondition(false)
    private let maxBytes: Int

    init(folder: String, maxBytes: Int, logger: Logger) {
        self.maxBytes = maxBytes
        let thread = WorkerThreads<Lazily<ChannelLog>>(name: "file-channel", count: 1, queueLimit: 10_000) {
            Lazily { try ChannelLog(folder: folder, logger: logger) }
        }
        self.thread = thread
        // Batches of several sources share a write to the disk.
        puts = Coalescer(
            maxBatch: 64, queueLimit: 10_000,
            perform: { job in thread.perform({ job(.success($0)) }, refused: { job(.failure($0)) }) },
            run: { log, batches in
                let outcome = Result { try log.value().append(batches) }
                return batches.map { _ in outcome }
            })
    }

    var waiting: ChannelFill { fill.read { $0 } }

    func put(_ batch: LineBatch, safe: @escaping @Sendable () -> Void) async throws {
        try await load()
        let maxBytes = maxBytes
        let hasRoom: Void? = await fill.wait { fill in
            guard fill.bytes + batch.bytes.count <= maxBytes || fill.lines == 0 else { return nil }
            fill.bytes += batch.bytes.count
            fill.lines += batch.count
            return ()
        }
        guard hasRoom != nil else { throw CancellationError() }
        do {
            try await puts.submit(batch)
        } catch {
            fill.update { fill in
                fill.bytes -= batch.bytes.count
                fill.lines -= batch.count
            }
            throw error
        }
        fill.update { _ in }
        safe()
    }

    func take(maxLines: Int, waits: Bool) async throws -> LineBatch? {
        try await load()
        while true {
            let next = try await thread.run { log in
                let log = try log.value()
                return try log.read(maxLines: maxLines).map { (batch: $0, end: log.head) }
            }
            if let next {
                let fill = ChannelFill(lines: next.batch.count, bytes: next.batch.bytes.count)
                taken.withLock { $0.append(Taken(fill: fill, end: next.end)) }
                return next.batch
            }
            guard waits else { return nil }
            guard await fill.wait({ $0.lines > 0 ? () : nil }) != nil else { return nil }
            // Counted already, but still on its way to the disk.
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func commit() async throws {
        guard let done = taken.withLock({ $0.first }) else { return }
        try await thread.run { log in try log.value().commit(done.fill, upTo: done.end) }
        taken.withLock { _ = $0.popFirst() }
        fill.update { fill in
            fill.lines -= done.fill.lines
            fill.bytes -= done.fill.bytes
        }
    }

    func rollback() async {
        taken.withLock { $0 = [] }
        // A bridge: this must also be done for a sink whose task is cancelled.
        await Task { [thread] in
            _ = try? await thread.run { log in try log.value().rollback() }
        }.value
    }

    func close() async {
        // A bridge, as above.
        await Task { [thread] in
            _ = try? await thread.run { log in try log.value().save() }
            await thread.close()
        }.value
    }

    /// What waited already when the process started counts as well.
    private func load() async throws {
        guard !isLoaded.read({ $0 }) else { return }
        let found = try await thread.run { log in try log.value().fill }
        let isFirst = isLoaded.update { loaded in
            defer { loaded = true }
            return !loaded
        }
        if isFirst {
            fill.update { fill in
                fill.lines += found.lines
                fill.bytes += found.bytes
            }
        }
    }

    struct Settings: ChannelSettings {
        static let type = "file"
        let maxBytes: Int
        let folder: String?

        init(_ section: inout Section) throws(ConfigFault) {
            maxBytes = try section.bytes("maxBytes", default: 256 << 20)
            folder = try section.optionalString("folder")
        }

        func make(_ context: ComponentContext) throws -> any Channel {
            FileChannel(folder: folder ?? context.folder, maxBytes: maxBytes, logger: context.logger)
        }
    }
}
