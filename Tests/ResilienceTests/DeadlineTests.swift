import Resilience
import Testing

@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    private let clock = ManualClock()

    @Test func `what is done in time passes through, and no timer stays behind`() async throws {
        #expect(try await Deadline.run(within: .seconds(1), clock: clock) { 7 } == 7)
        await #expect(throws: PeerError.self) {
            try await Deadline.run(within: .seconds(1), clock: clock) { throw PeerError() }
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test func `at the deadline the call is cancelled and the caller told`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let error = await #expect(throws: DeadlineExceeded.self) {
                    try await Deadline.run(within: .seconds(1), clock: clock) {
                        try await clock.sleep(for: .seconds(60))
                    }
                }
                #expect(error == DeadlineExceeded(limit: .seconds(1), operationBegan: true))
            }
            try await clock.waitForSleepers(2)
            clock.advance(by: .seconds(0.999))
            #expect(clock.sleeperCount == 2)
            clock.advance(by: .seconds(0.001))
            try await group.waitForAll()
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test func `a call that ignores cancellation is awaited, and its value is not thrown away`() async throws {
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let value = try await Deadline.run(within: .seconds(1), clock: clock) {
                    await signal.wait()
                    return 7
                }
                #expect(value == 7)
            }
            try await waitUntil("the call and its timer wait") { signal.waitingCount == 1 && clock.sleeperCount == 1 }
            clock.advance(by: .seconds(2))
            signal.give()
            try await group.waitForAll()
        }
    }

    @Test func `no time at all makes no call`() async throws {
        let error = await #expect(throws: DeadlineExceeded.self) {
            try await Deadline.run(within: .zero, clock: clock) { Issue.record("a call was made") }
        }
        #expect(error?.operationBegan == false)
    }

    @Test func `a caller that is cancelled hears of its cancellation, not of a deadline`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await Deadline.run(within: .seconds(1), clock: clock) {
                        try await clock.sleep(for: .seconds(60))
                    }
                }
            }
            try await clock.waitForSleepers(2)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(clock.sleeperCount == 0)
    }
}
