import Foundation
import Resilience

/// What the circuit breaker costs a call, in nanoseconds, beside the same call without it.
///
/// `breaker-cost [calls a round]` prints a line `name=nanoseconds` for each contestant: the median of its rounds. The
/// contestants take turns within each round, so that a busy moment of the machine meets them all.
@main
enum BreakerCostProgram {
    private static let rounds = 9

    static func main() async {
        let calls = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 200_000
        do {
            let contestants = try await Contestant.all()
            var times: [String: [Double]] = [:]
            // The first round warms up.
            for round in 0...rounds {
                for contestant in contestants {
                    let time = try await nanoseconds(calls, contestant)
                    if round > 0 { times[contestant.name, default: []].append(time) }
                }
            }
            for contestant in contestants {
                let sorted = (times[contestant.name] ?? []).sorted()
                print("\(contestant.name)=\(Int(sorted[sorted.count / 2].rounded()))")
            }
        } catch {
            FileHandle.standardError.write(Data("breaker-cost: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func nanoseconds(_ calls: Int, _ contestant: Contestant) async throws -> Double {
        let start = ContinuousClock.now
        try await contestant.run(calls)
        return start.duration(to: .now) / .nanoseconds(1) / Double(calls)
    }
}
