import Auth
import Contracts
import Foundation

/// What it costs to check a token, in nanoseconds: the first time, and when it is remembered.
///
/// `auth-cost [checks a round]` prints a line `name=nanoseconds` for each: the median of nine rounds.
@main
enum AuthCostProgram {
    private static let rounds = 9

    static func main() async {
        let checks = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 5_000
        do {
            let bench = try await AuthBench()
            print("verify=\(try median(checks, bench.verify))")
            print("remembered=\(try median(checks * 20, bench.remembered))")
            print("bytes=\(bench.credentials.utf8.count)")
        } catch {
            FileHandle.standardError.write(Data("auth-cost: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func median(_ checks: Int, _ check: () throws -> Void) throws -> Int {
        var times: [Double] = []
        // The first round warms up.
        for round in 0...rounds {
            let start = ContinuousClock.now
            for _ in 0..<checks { try check() }
            let time = start.duration(to: .now) / .nanoseconds(1) / Double(checks)
            if round > 0 { times.append(time) }
        }
        return Int(times.sorted()[rounds / 2].rounded())
    }
}
