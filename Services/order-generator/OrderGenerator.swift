import ArgumentParser
import Foundation

/// `order-generator`: writes random coffee orders, a JSON line each, to a file.
@main
struct OrderGenerator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order-generator",
        abstract: "Writes random coffee orders, a JSON line each, to a file.",
        discussion: """
            Lines are added to the end of the file, whole ones only. When the file is renamed or removed by somebody \
            else, a new one is begun under the same name. SIGTERM ends it behind a whole line.
            """)

    @Option(help: "The file to write to.") var file: String
    @Option(help: "Orders a second; 0 writes as fast as it can.") var rate: Double = 5
    @Option(help: "Ends after so many orders.") var count: Int?
    @Option(help: "With the same seed come the same orders.") var seed: UInt64?
    @Flag(inversion: .prefixedNo, help: "Whether a line has its time (orderedAt).") var timestamps = true
    @Option(help: "Renames the file to file.1 when it has grown to so many bytes.") var rotateBytes: Int?
    @Option(help: "How many renamed files are kept.") var rotateKeep: Int = 3

    func validate() throws {
        guard rate >= 0, rate.isFinite else { throw ValidationError("--rate must be a number from 0") }
        guard count ?? 0 >= 0 else { throw ValidationError("--count must be a number from 0") }
        guard rotateBytes ?? 1 > 0, rotateKeep > 0 else {
            throw ValidationError("--rotate-bytes and --rotate-keep must be numbers from 1")
        }
    }

    func run() async throws {
        let stop = StopSignal()
        let file = try OrderFile(path: self.file, rotateBytes: rotateBytes, keep: rotateKeep)
        var orders = RandomOrders(seed: seed ?? .random(in: .min ... .max), timestamps: timestamps)
        var pace = Pace(rate: rate, start: .now)
        var left = count ?? .max
        while left > 0, !stop.isReceived {
            let due = min(pace.due(at: .now), left)
            if due > 0 {
                var lines: [UInt8] = []
                for _ in 0..<due { orders.appendLine(to: &lines, at: .now) }
                try file.append(lines)
                left -= due
            }
            if left > 0, let pause = pace.pause(at: .now) { try await Task.sleep(for: pause) }
        }
    }
}
