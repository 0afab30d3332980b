import Resilience
import Synchronization

/// A way to make the same call so many times.
struct Contestant: Sendable {
    let name: String
    let run: @Sendable (_ calls: Int) async throws -> Void

    /// The call itself; not inlined, so that every contestant really makes it.
    @inline(never)
    private static func answer(_ call: Int) async -> Int { call &* 31 }

    static func all() async throws -> [Contestant] {
        let closed = CircuitBreaker(name: "closed", configuration: try CircuitBreakerConfiguration())
        let timed = CircuitBreaker(
            name: "timed", configuration: try CircuitBreakerConfiguration(window: .time(.seconds(30))))
        let open = try await opened()
        let whole = RemoteCall(
            deadline: .seconds(1), breaker: closed,
            bulkhead: Bulkhead(name: "peer", configuration: try BulkheadConfiguration()))
        let refused = RemoteCall(deadline: .seconds(1), breaker: open, bulkhead: whole.bulkhead)
        return [
            Contestant(name: "bare") { calls in for call in 1...calls { _ = await answer(call) } },
            lock(),
            Contestant(name: "clock") { calls in for _ in 1...calls { _ = ContinuousClock.now } },
            Contestant(name: "closed-calls") { calls in
                for call in 1...calls { _ = try await closed.run { await answer(call) } }
            },
            Contestant(name: "closed-time") { calls in
                for call in 1...calls { _ = try await timed.run { await answer(call) } }
            },
            Contestant(name: "open") { calls in
                for call in 1...calls { _ = try? await open.run { await answer(call) } }
            },
            Contestant(name: "remote-closed") { calls in
                for call in 1...calls { _ = try await whole.run { await answer(call) } }
            },
            Contestant(name: "remote-open") { calls in
                for call in 1...calls { _ = try? await refused.run { await answer(call) } }
            },
        ]
    }

    /// A lock taken and released, the least that a shared state costs.
    private static func lock() -> Contestant {
        let state = SharedNumber()
        return Contestant(name: "lock") { calls in for call in 1...calls { state.add(call) } }
    }

    /// A breaker that has opened by itself, for an hour.
    private static func opened() async throws -> CircuitBreaker {
        struct PeerIsAway: Error {}
        let breaker = CircuitBreaker(
            name: "open", configuration: try CircuitBreakerConfiguration(openTime: .seconds(3600)))
        for _ in 0..<breaker.configuration.minimumCalls { try? await breaker.run { throw PeerIsAway() } }
        return breaker
    }

    private final class SharedNumber: Sendable {
        private let number = Mutex(0)

        @inline(never)
        func add(_ other: Int) { number.withLock { $0 &+= other } }
    }
}
