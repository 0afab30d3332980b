import Foundation
import Logging
import Orders
import WorkerThreads

/// Reads files that others put into a folder, complete and once, in the order of their names; a file that has been
/// delivered is renamed to `<name>.done` or removed.
struct SpoolSource: Source {
    let settings: Settings
    let journalPath: String
    let logger: Logger

    func run(into intake: Intake) async throws {
        let (settings, journalPath) = (settings, journalPath)
        let thread = WorkerThreads<Lazily<SpoolFolder>>(name: "spool-source", count: 1, queueLimit: 4) {
            Lazily { try SpoolFolder(settings, journalPath: journalPath) }
        }
        while !Task.isCancelled {
            do {
                while let chunk = try await thread.run({ try $0.value().next() }) {
                    try await deliver(chunk, intake)
                    try await thread.run { try $0.value().delivered() }
                }
                try await Task.sleep(for: settings.every)
            } catch {
                if Task.isCancelled { break }
                logger.error("cannot read the folder", metadata: ["folder": "\(settings.folder)", "error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await thread.close()
    }

    /// Waits until the lines cannot be lost any more.
    private func deliver(_ chunk: SpoolFolder.Chunk, _ intake: Intake) async throws {
        let isSafe = AsyncCondition(false)
        let events = chunk.lines.map { line in
            Event(
                body: line.body, id: LineID(generation: chunk.generation, offset: line.offset), end: line.end,
                seenAt: chunk.seenAt, isTruncated: line.isTruncated)
        }
        try await intake.accept(events) { isSafe.update { $0 = true } }
        guard await isSafe.wait({ $0 ? () : nil }) != nil else { throw CancellationError() }
    }

    struct Settings: SourceSettings {
        static let type = "spool"
        let folder: String
        let removes: Bool
        let every: Duration
        let maxLine: Int

        init(_ section: inout Section) throws(ConfigFault) {
            folder = try section.string("folder")
            removes = try section.bool("remove", default: false)
            every = try section.duration("every", default: .milliseconds(500))
            maxLine = try section.bytes("maxLine", default: 256 << 10)
        }

        func make(_ context: ComponentContext) throws -> any Source {
            SpoolSource(
                settings: self, journalPath: "\(context.folder)/positions.jsonl", logger: context.logger)
        }
    }
}
