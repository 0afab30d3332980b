import Foundation
import TestSupport

/// Runs a shell command that must succeed.
func shell(_ command: String) async throws {
    let log = URL(fileURLWithPath: NSTemporaryDirectory())
        .appendingPathComponent("game-suite-\(UInt32.random(in: 0 ... .max)).log")
    defer { try? FileManager.default.removeItem(at: log) }
    let child = try ChildProcess(
        "/bin/bash", ["-c", command], environment: ProcessInfo.processInfo.environment, log: log)
    guard await eventually(within: .seconds(300), { !child.isRunning }), child.exitStatus == 0 else {
        throw TestFailure("\(command) failed: \(child.tail())")
    }
}
