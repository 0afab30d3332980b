import Foundation
import Logging
import Metrics
import Orders
import Synchronization
import WorkerThreads

/// Follows a file through its rotations; see ``FollowedFiles``.
struct FileSource: Source {
    private static let discoverEvery: Duration = .milliseconds(100)
    private static let readEvery: Duration = .milliseconds(20)

    let name: String
    let settings: FollowedFiles.Settings
    let journalPath: String
    let logger: Logger

    func run(into intake: Intake) async throws {
        let (settings, journalPath, logger) = (settings, journalPath, logger)
        let thread = WorkerThreads<Lazily<FollowedFiles>>(name: "file-source", count: 1, queueLimit: 16) {
            Lazily {
                try FileManager.default.createDirectory(
                    atPath: (journalPath as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                return FollowedFiles(settings, journal: try PositionJournal(path: journalPath), logger: logger)
            }
        }
        let positions = SafePositions()
        let lag = Gauge(label: "collector_lag_bytes", dimensions: [("source", name)])
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await untilCancelled(every: Self.discoverEvery, "cannot follow the file") {
                    let moved = positions.take()
                    lag.record(
                        try await thread.run { files in
                            let files = try files.value()
                            if !moved.isEmpty { try files.move(moved) }
                            try files.discover()
                            return files.lag
                        })
                }
            }
            group.addTask {
                await untilCancelled(every: Self.readEvery, "cannot read the file") {
                    while let chunk = try await thread.run({ try $0.value().next() }) {
                        try await accept(chunk, intake, positions)
                    }
                }
            }
        }
        // What is safe by now need not be read again. A bridge: this task is cancelled already.
        let moved = positions.take()
        _ = try? await Task { try await thread.run { try $0.value().move(moved) } }.value
        await thread.close()
    }

    private func accept(
        _ chunk: FollowedFiles.Chunk, _ intake: Intake, _ positions: SafePositions
    ) async throws {
        var events: [Event] = []
        events.reserveCapacity(chunk.lines.count)
        for (line, seenAt) in zip(chunk.lines, chunk.seenAt) {
            events.append(
                Event(
                    body: line.body, id: .init(generation: chunk.generation, offset: line.offset), end: line.end,
                    seenAt: seenAt, isTruncated: line.isTruncated))
        }
        let ticket = positions.handOn(chunk.generation, end: chunk.end)
        try await intake.accept(events) { positions.safe(ticket) }
    }

    /// Repeats `body`; an error is logged, and the next try comes a second later.
    private func untilCancelled(
        every pause: Duration, _ complaint: Logger.Message, _ body: () async throws -> Void
    ) async {
        while !Task.isCancelled {
            do {
                try await body()
                try await Task.sleep(for: pause)
            } catch {
                if Task.isCancelled { return }
                logger.error(complaint, metadata: ["file": "\(settings.path)", "error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// What has become safe since it was last asked for.
private final class SafePositions: Sendable {
    private struct State {
        var ledger = AckLedger()
        var moved: [LineID.Generation: Int64] = [:]
    }

    private let state = Mutex(State())

    func handOn(_ generation: LineID.Generation, end: Int64) -> Int {
        state.withLock { $0.ledger.handOn(generation, end: end) }
    }

    func safe(_ ticket: Int) {
        state.withLock { state in state.moved.merge(state.ledger.safe(ticket)) { $1 } }
    }

    func take() -> [LineID.Generation: Int64] {
        state.withLock { state in
            defer { state.moved = [:] }
            return state.moved
        }
    }
}

extension FileSource {
    struct Settings: SourceSettings {
        static let type = "file"
        let files: FollowedFiles.Settings

        init(_ section: inout Section) throws(ConfigFault) {
            var files = FollowedFiles.Settings(path: try section.string("path"))
            files.maxLine = try section.bytes("maxLine", default: files.maxLine)
            files.linger = try section.duration("linger", default: files.linger)
            files.fromEnd = try section.choice("from", default: From.beginning) == .end
            self.files = files
        }

        func make(_ context: ComponentContext) throws -> any Source {
            FileSource(
                name: context.name, settings: files, journalPath: "\(context.folder)/positions.jsonl",
                logger: context.logger)
        }

        private enum From: String, CaseIterable { case beginning, end }
    }
}
