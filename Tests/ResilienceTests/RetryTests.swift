import Resilience
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RetryTests {
    private struct Busy: FailureClassifying, RetryAfterCarrying {
        var failureKind = FailureKind.unavailable
        var retryAfter: Duration?
        var reason: String { "busy" }
    }

    private let clock = ManualClock()
    private let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1), factor: 2, jitter: 1)

    private func pauses(_ retry: Retry, _ error: any Error, fraction: Double = 0) -> [Duration?] {
        (1...4).map { retry.pause(afterAttempt: $0, failedWith: error, elapsed: .zero, fraction: fraction) }
    }

    @Test func `pauses double, and chance takes any part of them`() throws {
        let retry = try Retry(attempts: 5, backoff: backoff)
        #expect(pauses(retry, Busy()) == [100, 200, 400, 800].map { .milliseconds($0) })
        #expect(pauses(retry, Busy(), fraction: 0.5) == [50, 100, 200, 400].map { .milliseconds($0) })
        #expect(pauses(retry, Busy(), fraction: 1) == [.zero, .zero, .zero, .zero])
    }

    @Test func `the last attempt is the last`() throws {
        let retry = try Retry(attempts: 3, backoff: backoff)
        #expect(pauses(retry, Busy()).map { $0 != nil } == [true, true, false, false])
    }

    @Test func `only what a repeat can mend is repeated`() throws {
        let retry = try Retry(attempts: 9, backoff: backoff)
        #expect(pauses(retry, Busy(failureKind: .transient))[0] != nil)
        #expect(pauses(retry, Busy(failureKind: .permanent))[0] == nil)
        #expect(pauses(retry, PeerError())[0] == nil)
        #expect(pauses(retry, CancellationError())[0] == nil)
        let all = try Retry(attempts: 9, backoff: backoff, retries: { _ in true })
        #expect(pauses(all, PeerError())[0] != nil)
        #expect(pauses(all, CancellationError())[0] == nil)
    }

    @Test func `a pause is never shorter than the peer asked for`() throws {
        let retry = try Retry(attempts: 9, backoff: backoff, maxRetryAfter: .seconds(10))
        #expect(pauses(retry, Busy(retryAfter: .seconds(3)), fraction: 1)[0] == .seconds(3))
        #expect(pauses(retry, Busy(retryAfter: .milliseconds(1)))[0] == .milliseconds(100))
        #expect(pauses(retry, Busy(retryAfter: .seconds(11)))[0] == nil)
    }

    @Test func `no attempt begins after the time is over`() throws {
        let retry = try Retry(attempts: 9, backoff: backoff, within: .seconds(1))
        func pause(elapsed: Duration) -> Duration? {
            retry.pause(afterAttempt: 1, failedWith: Busy(), elapsed: elapsed, fraction: 0)
        }
        #expect(pause(elapsed: .milliseconds(900)) == .milliseconds(100))
        #expect(pause(elapsed: .milliseconds(901)) == nil)
    }

    @Test func `it repeats until it succeeds, with its pauses between`() async throws {
        let retry = try Retry(attempts: 5, backoff: backoff)
        let start = clock.now
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                try await retry.run(clock: clock, random: { 0 }) { attempt in
                    if attempt < 4 { throw Busy() }
                    return attempt
                }
            }
            for milliseconds in [100, 200, 400] {
                try await clock.waitForSleepers(1)
                clock.advance(by: .milliseconds(milliseconds))
            }
            #expect(try await group.next() == 4)
        }
        #expect(start.duration(to: clock.now) == .milliseconds(700))
    }

    @Test func `it throws what the last attempt threw`() async throws {
        let retry = try Retry(attempts: 3, backoff: backoff, retries: { _ in true })
        let calls = Gauge()
        await #expect(throws: PeerError(status: 3)) {
            try await retry.run(clock: clock, random: { 1 }) { attempt in
                calls.up()
                throw PeerError(status: attempt)
            }
        }
        #expect(calls.sum == 3)
    }

    @Test func `a cancelled task makes no further attempt`() async throws {
        let retry = try Retry(attempts: 5, backoff: backoff, retries: { _ in true })
        let calls = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await retry.run(clock: clock, random: { 0 }) { _ in
                        calls.up()
                        throw PeerError()
                    }
                }
            }
            try await clock.waitForSleepers(1)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(calls.sum == 1)
    }
}
