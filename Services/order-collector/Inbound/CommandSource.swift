import Foundation
import Logging
import Synchronization
import WorkerThreads

/// Takes the lines that a command writes to its standard output, and starts it again when it ends.
struct CommandSource: Source {
    let command: String
    /// `nil`: the source ends with its command.
    let restartAfter: Duration?
    let maxLine: Int
    let logger: Logger

    func run(into intake: Intake) async throws {
        let thread = WorkerThreads<Void>(name: "command-source", count: 1, queueLimit: 4) {}
        defer { thread.perform({ _ in }, refused: { _ in }) }
        while !Task.isCancelled {
            let process = RunningCommand(command)
            try await withTaskCancellationHandler {
                try await pump(process, thread, intake)
            } onCancel: {
                process.terminate()
            }
            logger.info("the command has ended", metadata: ["command.status": "\(process.status)"])
            guard let restartAfter, !Task.isCancelled else { break }
            try await Task.sleep(for: restartAfter)
        }
        await thread.close()
    }

    private func pump(_ process: RunningCommand, _ thread: WorkerThreads<Void>, _ intake: Intake) async throws {
        var splitter = LineSplitter(offset: 0, maxLine: maxLine)
        var rest: [UInt8] = []
        try await thread.run { _ in try process.start() }
        while true {
            let bytes = try await thread.run { _ in process.read() }
            let start = splitter.readOffset
            let lines = splitter.take(rest + bytes, isEnd: bytes.isEmpty)
            // What has been cut into lines, or passed over, is not offered again.
            rest = Array((rest + bytes).dropFirst(Int(splitter.readOffset - start)))
            try await intake.accept(lines.map { .init(body: $0.body, isTruncated: $0.isTruncated) })
            if bytes.isEmpty { return }
        }
    }

    struct Settings: SourceSettings {
        static let type = "command"
        let command: String
        let restartAfter: Duration?
        let maxLine: Int

        init(_ section: inout Section) throws(ConfigFault) {
            command = try section.string("command")
            restartAfter =
                try section.bool("restart", default: true)
                ? try section.duration("restartAfter", default: .seconds(1)) : nil
            maxLine = try section.bytes("maxLine", default: 256 << 10)
        }

        func make(_ context: ComponentContext) throws -> any Source {
            CommandSource(
                command: command, restartAfter: restartAfter, maxLine: maxLine, logger: context.logger)
        }
    }
}

/// A command and its standard output.
private final class RunningCommand: Sendable {
    private struct State {
        var process: Process?
        var isTerminated = false
    }

    private let command: String
    private let pipe = Pipe()
    private let state = Mutex(State())

    init(_ command: String) { self.command = command }

    var status: Int32 { state.withLock { $0.process.map { $0.isRunning ? 0 : $0.terminationStatus } ?? -1 } }

    func start() throws {
        try state.withLock { state in
            guard !state.isTerminated else { throw CancellationError() }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", command]
            process.standardOutput = pipe
            process.standardInput = FileHandle.nullDevice
            try process.run()
            state.process = process
        }
    }

    /// Waits for output; none means that the command has ended.
    func read() -> [UInt8] {
        [UInt8](pipe.fileHandleForReading.availableData)
    }

    func terminate() {
        state.withLock { state in
            state.isTerminated = true
            if state.process?.isRunning == true { state.process?.terminate() }
        }
    }
}
