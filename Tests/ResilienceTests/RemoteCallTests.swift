import Testing

@testable import Resilience

@Suite(.timeLimit(.minutes(5)))
struct RemoteCallTests {
    private let clock = ManualClock()
    private let recorder = BreakerRecorder()

    private func call(
        deadline: Duration? = .seconds(1), concurrent: Int = 10, waiting: Int = 10, wait: Duration? = nil,
        probes: Int = 3
    ) throws -> RemoteCall {
        let breaker = CircuitBreaker(
            name: "peer",
            configuration: try CircuitBreakerConfiguration(
                window: .calls(20), minimumCalls: 4, slowCallDuration: .milliseconds(500), openTime: .seconds(5),
                openTimeJitter: 0, probes: probes),
            ignores: { ($0 as? PeerError)?.status == 400 }, observer: recorder, clock: clock)
        let bulkhead = Bulkhead(
            name: "peer",
            configuration: try BulkheadConfiguration(
                maxConcurrent: concurrent, maxWaiting: waiting, maxWait: wait),
            clock: clock)
        return RemoteCall(deadline: deadline, breaker: breaker, bulkhead: bulkhead, clock: clock)
    }

    private func snapshot(_ call: RemoteCall) throws -> CircuitBreakerSnapshot { try #require(call.breaker).snapshot }

    @Test func `every part is optional`() async throws {
        #expect(try await RemoteCall().run { 1 } == 1)
        #expect(try await RemoteCall(deadline: .seconds(1), clock: clock).run { 2 } == 2)
        #expect(try await call(deadline: nil).run { 3 } == 3)
        #expect(try await call().run { 4 } == 4)
    }

    @Test func `calls that outlive the deadline open the breaker, and the next one is refused at once`() async throws {
        let call = try call()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask {
                    let error = await #expect(throws: DeadlineExceeded.self) {
                        try await call.run { try await clock.sleep(for: .seconds(5)) }
                    }
                    #expect(error?.operationBegan == true)
                }
            }
            try await clock.waitForSleepers(8)
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
        #expect(recorder.outcomes == Array(repeating: .slowFailure, count: 4))
        #expect(try snapshot(call).state == .open)
        await #expect(throws: CallNotPermitted.self) { try await call.run {} }
        #expect(clock.sleeperCount == 0)
        #expect(call.bulkhead?.snapshot.running == 0)
    }

    @Test func `what found no place in time says nothing of the peer`() async throws {
        let call = try call(concurrent: 1)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Its answer comes late, but it comes.
                try await call.run { await signal.wait() }
            }
            try await waitUntil("one runs") { signal.waitingCount == 1 }
            for _ in 1...5 {
                group.addTask {
                    let error = await #expect(throws: DeadlineExceeded.self) { try await call.run {} }
                    #expect(error?.operationBegan == false)
                }
            }
            try await waitUntil("five wait") { call.bulkhead?.snapshot.waiting == 5 && clock.sleeperCount == 6 }
            clock.advance(by: .seconds(1))
            for _ in 1...5 { try await group.next() }
            signal.give()
            try await group.waitForAll()
        }
        #expect(recorder.count(.cancelled) == 5)
        #expect(recorder.count(.slowSuccess) == 1)
        #expect(try snapshot(call).calls == 1)
    }

    @Test func `a full bulkhead says nothing of the peer`() async throws {
        let call = try call(concurrent: 1, waiting: 0)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await call.run { await signal.wait() } }
            try await waitUntil("one runs") { signal.waitingCount == 1 }
            for _ in 1...20 {
                await #expect(throws: BulkheadFull.self) { try await call.run {} }
            }
            signal.give()
            try await group.waitForAll()
        }
        #expect(try snapshot(call).calls == 1)
        #expect(try snapshot(call).state == .closed)
    }

    @Test func `a call's time runs from its beginning, not from its waiting`() async throws {
        let call = try call(deadline: .seconds(10), concurrent: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...3 {
                group.addTask { try await call.run { try await clock.sleep(for: .milliseconds(400)) } }
            }
            for left in [3, 2, 1] {
                // One call sleeps; each has its deadline's timer.
                try await clock.waitForSleepers(left + 1)
                clock.advance(by: .milliseconds(400))
                try await group.next()
            }
        }
        #expect(recorder.outcomes == [.success, .success, .success])
        #expect(recorder.durations == Array(repeating: .milliseconds(400), count: 3))
    }

    @Test func `callers that go away leave no trace, not even as probes`() async throws {
        let call = try call(deadline: .seconds(60))
        let breaker = try #require(call.breaker)
        for _ in 1...4 { try? await call.run { throw PeerError() } }
        #expect(breaker.snapshot.state == .open)
        clock.advance(by: .seconds(5))
        for _ in 1...50 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 1...10 {
                    group.addTask { try? await call.run { try await clock.sleep(for: .seconds(3600)) } }
                }
                await Task.yield()
                group.cancelAll()
            }
            try #require(breaker.snapshot.probesInFlight == 0)
            try #require(call.bulkhead?.snapshot.running == 0)
        }
        #expect(breaker.snapshot.state == .halfOpen)
        for _ in 1...2 { try await call.run {} }
        #expect(breaker.snapshot.state == .closed)
        #expect(clock.sleeperCount == 0)
    }

    @Test func `a client's own mistakes do not open the breaker`() async throws {
        let call = try call()
        for _ in 1...50 {
            await #expect(throws: PeerError(status: 400)) { try await call.run { throw PeerError(status: 400) } }
        }
        #expect(try snapshot(call).state == .closed)
        #expect(recorder.count(.ignored) == 50)
    }

    @Test func `a value can be a failure`() async throws {
        let call = try call()
        for _ in 1...4 { #expect(try await call.run(verdict: { $0 < 500 ? .success : .failure }) { 500 } == 500) }
        #expect(try snapshot(call).state == .open)
    }

    @Test func `150 callers at half-open under a deadline: only the probes get through`() async throws {
        let call = try call(concurrent: 100, probes: 5)
        for _ in 1...4 { try? await call.run { throw PeerError() } }
        clock.advance(by: .seconds(5))
        let calls = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...150 {
                group.addTask {
                    try? await call.run {
                        calls.up()
                        try await clock.sleep(for: .seconds(5))
                    }
                }
            }
            try await waitUntil("all but the probes are refused") {
                recorder.count(.rejected) == 145 && clock.sleeperCount == 10
            }
            // The peer hangs: the probes run into the deadline.
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
        #expect(calls.sum == 5)
        #expect(try snapshot(call).state == .open)
    }
}
