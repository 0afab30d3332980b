import Resilience
import Testing

struct CircuitBreakerConfigurationTests {
    private func fault<Value>(_ body: () throws -> Value) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `the defaults are good`() throws {
        let configuration = try CircuitBreakerConfiguration()
        #expect(configuration.minimumCalls == 10)
        #expect(configuration.window == .calls(50))
        _ = try BulkheadConfiguration()
        _ = try Retry()
    }

    @Test func `a wrong field is named with what is wrong with it`() {
        typealias Breaker = CircuitBreakerConfiguration
        let faults = [
            fault { try Breaker(window: .calls(0), minimumCalls: 1) },
            fault { try Breaker(window: .time(.zero)) },
            fault { try Breaker(minimumCalls: 0) },
            fault { try Breaker(window: .calls(5)) },
            fault { try Breaker(failureRateThreshold: 0) },
            fault { try Breaker(failureRateThreshold: .nan) },
            fault { try Breaker(slowCallRateThreshold: 100.1) },
            fault { try Breaker(slowCallDuration: .zero) },
            fault { try Breaker(openTime: .seconds(-1)) },
            fault { try Breaker(openTimeJitter: 1) },
            fault { try Breaker(probes: 0) },
            fault { try Breaker(probeTimeout: .zero) },
        ]
        #expect(
            faults == [
                "window must hold from 1 to 1000000 calls",
                "window must be at least 1ms long",
                "minimumCalls must be at least 1",
                "minimumCalls must be at most the window's 5 calls",
                "failureRateThreshold must be above 0 and at most 100 percent",
                "failureRateThreshold must be above 0 and at most 100 percent",
                "slowCallRateThreshold must be above 0 and at most 100 percent",
                "slowCallDuration must be above 0",
                "openTime must be above 0",
                "openTimeJitter must be from 0 to below 1",
                "probes must be from 1 to 10000",
                "probeTimeout must be above 0",
            ])
    }

    @Test func `the other parts name their wrong fields too`() {
        let faults = [
            fault { try BulkheadConfiguration(maxConcurrent: 0) },
            fault { try BulkheadConfiguration(maxWaiting: -1) },
            fault { try BulkheadConfiguration(maxWait: .seconds(-1)) },
            fault { try RateLimiterConfiguration(rate: 0) },
            fault { try RateLimiterConfiguration(rate: .infinity) },
            fault { try RateLimiterConfiguration(rate: 1, burst: 0) },
            fault { try RateLimiterConfiguration(rate: 1, maxWait: .seconds(-1)) },
            fault { try Retry(attempts: 0) },
            fault { try Retry(within: .seconds(-1)) },
            fault { try Retry(maxRetryAfter: .seconds(-1)) },
        ]
        let fields = faults.map { $0?.prefix { $0 != " " } ?? "none" }
        #expect(
            fields == [
                "maxConcurrent", "maxWaiting", "maxWait", "rate", "rate", "burst", "maxWait", "attempts", "limit",
                "maxRetryAfter",
            ])
    }
}
