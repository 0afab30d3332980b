import Testing

@testable import Resilience

@Suite(.timeLimit(.minutes(5)))
struct RateLimiterTests {
    private let clock = ManualClock()

    private func limiter(rate: Double, burst: Int = 1, maxWait: Duration = .zero) throws -> RateLimiter {
        RateLimiter(
            configuration: try RateLimiterConfiguration(rate: rate, burst: burst, maxWait: maxWait), clock: clock)
    }

    @Test func `a rested limiter lets a burst through, then one for each interval`() throws {
        let limiter = try limiter(rate: 10, burst: 3)
        for _ in 1...3 { #expect(try limiter.reserve() == .zero) }
        let error = #expect(throws: RateLimitExceeded.self) { try limiter.reserve() }
        #expect(error?.retryAfter == .milliseconds(100))
        clock.advance(by: .milliseconds(100))
        #expect(try limiter.reserve() == .zero)
        #expect(throws: RateLimitExceeded.self) { try limiter.reserve() }
        clock.advance(by: .seconds(100))
        for _ in 1...3 { #expect(try limiter.reserve() == .zero) }
        #expect(throws: RateLimitExceeded.self) { try limiter.reserve() }
    }

    @Test func `tokens that are still to come are given out in turn, up to the longest wait`() throws {
        let limiter = try limiter(rate: 10, maxWait: .milliseconds(250))
        let waits = try (1...3).map { _ in try limiter.reserve() }
        #expect(waits == [0, 100, 200].map { .milliseconds($0) })
        // Refusals take nothing.
        for _ in 1...3 {
            let error = #expect(throws: RateLimitExceeded.self) { try limiter.reserve() }
            #expect(error?.retryAfter == .milliseconds(50))
        }
        clock.advance(by: .milliseconds(50))
        #expect(try limiter.reserve() == .milliseconds(250))
    }

    @Test func `several tokens at once wait for all of them`() throws {
        let limiter = try limiter(rate: 10, burst: 5, maxWait: .seconds(1))
        #expect(try limiter.reserve(5) == .zero)
        #expect(try limiter.reserve(3) == .milliseconds(300))
        #expect(try limiter.reserve() == .milliseconds(400))
    }

    @Test(arguments: [(0.5, 1), (3, 1), (7, 5), (30, 3), (1000, 50)])
    func `no span of time sees more than the burst and the rate`(rate: Double, burst: Int) throws {
        var random = SplitMix64(seed: UInt64(rate * 10))
        let start = clock.now
        var bucket = TokenBucket(try RateLimiterConfiguration(rate: rate, burst: burst), now: start)
        var now = Duration.zero
        var granted: [Duration] = []
        for _ in 1...3000 {
            now += .seconds(1) / rate * Double.random(in: 0...2, using: &random) * (granted.count % 100 == 0 ? 20 : 0.4)
            if case .granted = bucket.reserve(1, now: start + now) { granted.append(now) }
        }
        var excess = 0.0
        for first in granted.indices {
            for last in first..<min(first + 100, granted.count) {
                let span = (granted[last] - granted[first]) / .seconds(1)
                excess = max(excess, Double(last - first + 1) - Double(burst) - span * rate)
            }
        }
        #expect(excess <= 1e-6)
        // And it is no stricter than that: under steady pressure the rate is used up.
        #expect(Double(granted.count) >= now / .seconds(1) * rate * 0.4)
    }

    @Test func `callers at the same moment share the tokens, each with a time of its own`() async throws {
        let limiter = try limiter(rate: 10, burst: 50, maxWait: .seconds(2))
        let waits = await withTaskGroup(of: Duration?.self) { group in
            for _ in 1...200 { group.addTask { try? limiter.reserve() } }
            return await group.reduce(into: [Duration]()) { if let wait = $1 { $0.append(wait) } }
        }
        let later = (1...20).map { Duration.milliseconds(100 * $0) }
        #expect(waits.sorted() == Array(repeating: .zero, count: 50) + later)
    }

    @Test func `waiting callers go on when their tokens are good`() async throws {
        let limiter = try limiter(rate: 10, maxWait: .seconds(1))
        let passed = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask {
                    try await limiter.acquire()
                    passed.up()
                }
            }
            for number in 1...3 {
                try await waitUntil("\(number) passed") { passed.sum == number && clock.sleeperCount == 4 - number }
                clock.advance(by: .milliseconds(100))
            }
            try await group.waitForAll()
        }
        #expect(passed.sum == 4)
    }
}
