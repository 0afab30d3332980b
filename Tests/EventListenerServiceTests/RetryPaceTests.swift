import Resilience
import Testing

@testable import EventListenerService

@Suite struct RetryPaceTests {
    private let start = ContinuousClock.now

    @Test func `the first try is due at once, each further one later, and after a quiet time at once again`() {
        var pace = RetryPace(backoff: Backoff(base: .seconds(1), limit: .seconds(4), jitter: 0))
        var now = start
        for pause in [1, 2, 4, 4] {
            #expect(pace.isDue(now))
            pace.tried(now)
            #expect(!pace.isDue(now + .seconds(pause) - .milliseconds(1)))
            now += .seconds(pause)
        }
        now += .seconds(5)
        pace.tried(now)
        #expect(pace.isDue(now + .seconds(1)), "what was before is forgotten")
    }
}
