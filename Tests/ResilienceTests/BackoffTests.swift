import Testing

@testable import Resilience

@Suite struct BackoffTests {
    @Test func `the bound doubles up to the limit`() {
        let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1), factor: 2, jitter: 0)
        #expect(
            (1...6).map { backoff.pause(afterAttempt: $0) }
                == [100, 200, 400, 800, 1000, 1000].map(Duration.milliseconds))
    }

    @Test func `jitter only shortens a pause`() {
        let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1), factor: 2, jitter: 1)
        for attempt in 1...200 {
            let pause = backoff.pause(afterAttempt: attempt)
            #expect(pause >= .zero && pause <= .seconds(1))
        }
    }
}
