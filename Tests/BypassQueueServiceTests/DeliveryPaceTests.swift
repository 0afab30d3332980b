import Foundation
import TestSupport
import Testing

/// How fast callbacks go out beside groups in trouble.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct DeliveryPaceTests {
    @Test func `a receiver that hangs or fails for ever delays no other group`() async throws {
        let settings = ["LEASE": "10s", "CALLBACK_TIMEOUT": "5s"]
        try await RunningQueue.with(
            settings,
            reply: { callback in
                switch callback.group {
                case "hangs": return .silence
                case "fails": return .answer("500 Oops")
                default:
                    Thread.sleep(forTimeInterval: 0.03)
                    return .ok
                }
            }
        ) { queue in
            func round(_ name: String) async throws -> Duration {
                let begin = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            for text in 1...20 { try await queue.accept("\(name)-\(number)", "\(text)") }
                        }
                    }
                    try await group.waitForAll()
                }
                try await soon {
                    queue.receiver.callbacks.count { $0.group.hasPrefix("\(name)-") && $0.endedAt != nil } == 160
                }
                return begin.duration(to: .now)
            }
            _ = try await round("warm")
            let alone = min(try await round("alone-1"), try await round("alone-2"), try await round("alone-3"))
            for text in 1...50 {
                try await queue.accept("hangs", "\(text)")
                try await queue.accept("fails", "\(text)")
            }
            try await soon { queue.receiver.callbacks(of: "hangs").count >= 1 }
            // On a shared machine rounds differ by themselves: the bound is 10 % and what the clock is unsure of, and
            // the best of some rounds counts.
            let bound = alone * 1.1 + .milliseconds(100)
            var beside = try await round("beside-1")
            for number in 2...10 where number <= 4 || beside > bound {
                beside = min(beside, try await round("beside-\(number)"))
            }
            #expect(beside <= bound, "\(alone) alone, \(beside) beside them")
        }
    }
}
