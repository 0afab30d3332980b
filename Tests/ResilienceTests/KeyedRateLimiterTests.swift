import Testing

@testable import Resilience

struct KeyedRateLimiterTests {
    private let clock = ManualClock()

    private func limiter(rate: Double = 2, burst: Int = 2, maxKeys: Int = 10) throws -> KeyedRateLimiter<Int> {
        KeyedRateLimiter(
            configuration: try RateLimiterConfiguration(rate: rate, burst: burst), maxKeys: maxKeys, clock: clock)
    }

    private func isLetIn(_ key: Int, by limiter: KeyedRateLimiter<Int>) -> Bool {
        (try? limiter.reserve(for: key)) != nil
    }

    @Test func `each caller has a bucket of its own, and is told when to come again`() throws {
        let limiter = try limiter()
        #expect(isLetIn(1, by: limiter) && isLetIn(1, by: limiter))
        #expect(throws: RateLimitExceeded(retryAfter: .milliseconds(500))) { try limiter.reserve(for: 1) }
        #expect(isLetIn(2, by: limiter))
        clock.advance(by: .milliseconds(500))
        #expect(isLetIn(1, by: limiter))
        #expect(!isLetIn(1, by: limiter))
    }

    @Test func `no caller gains by being forgotten`() throws {
        let limiter = try limiter()
        // Steadily over the limit, through many generations: two a second and the burst are let in, no more.
        var letIn = 0
        for _ in 0..<200 {
            if isLetIn(1, by: limiter) { letIn += 1 }
            clock.advance(by: .milliseconds(100))
        }
        #expect((40...42).contains(letIn))
    }

    @Test func `memory is bounded, and a flood of new callers does not touch those that are known`() throws {
        let limiter = try limiter(maxKeys: 10)
        #expect(isLetIn(0, by: limiter))
        let letIn = (1...1_000).count { isLetIn($0, by: limiter) }
        #expect(letIn == 9 + 2)
        #expect(limiter.count == 10)
        #expect(isLetIn(0, by: limiter))
        clock.advance(by: .seconds(1))
        #expect((1_001...2_000).count { isLetIn($0, by: limiter) } == 10 + 2)
        #expect(limiter.count <= 20)
        clock.advance(by: .seconds(1))
        #expect(isLetIn(1_000, by: limiter))
    }
}
