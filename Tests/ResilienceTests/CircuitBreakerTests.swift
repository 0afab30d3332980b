import Resilience
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CircuitBreakerTests {
    private let clock = ManualClock()
    private let recorder = BreakerRecorder()

    private func breaker(
        probes: Int = 3, records: @escaping @Sendable (any Error) -> Bool = { _ in true },
        ignores: @escaping @Sendable (any Error) -> Bool = { _ in false }
    ) throws -> CircuitBreaker {
        CircuitBreaker(
            name: "peer",
            configuration: try CircuitBreakerConfiguration(
                window: .calls(10), minimumCalls: 4, slowCallDuration: .seconds(1), openTime: .seconds(5),
                openTimeJitter: 0, probes: probes, probeTimeout: .seconds(10)),
            records: records, ignores: ignores, observer: recorder, clock: clock)
    }

    private func open(_ breaker: CircuitBreaker) async throws {
        for _ in 1...4 { await #expect(throws: PeerError.self) { try await breaker.run { throw PeerError() } } }
        try #require(breaker.snapshot.state == .open)
    }

    @Test func `a call's value and error pass through`() async throws {
        let breaker = try breaker()
        #expect(try await breaker.run { 7 } == 7)
        await #expect(throws: PeerError(status: 503)) { try await breaker.run { throw PeerError(status: 503) } }
        #expect(recorder.outcomes == [.success, .failure])
    }

    @Test func `an open breaker makes no call and says when to come again`() async throws {
        let breaker = try breaker()
        try await open(breaker)
        clock.advance(by: .seconds(2))
        let calls = Gauge()
        let error = await #expect(throws: CallNotPermitted.self) { try await breaker.run { calls.up() } }
        #expect(error?.retryAfter == .seconds(3))
        #expect(error?.state == .open)
        #expect(error?.failureKind == .unavailable)
        #expect(calls.sum == 0)
        #expect(recorder.outcomes.last == .rejected)
    }

    @Test func `a call's time decides whether it was slow`() async throws {
        let breaker = try breaker()
        try await breaker.run { clock.advance(by: .seconds(1)) }
        try await breaker.run { clock.advance(by: .seconds(1.001)) }
        await #expect(throws: PeerError.self) {
            try await breaker.run {
                clock.advance(by: .seconds(2))
                throw PeerError()
            }
        }
        #expect(recorder.outcomes == [.success, .slowSuccess, .slowFailure])
        #expect(recorder.durations == [.seconds(1), .seconds(1.001), .seconds(2)])
        #expect(breaker.snapshot.slowCalls == 2)
    }

    @Test func `an error that is ignored moves no window, one that is not recorded is a success`() async throws {
        let breaker = try breaker(
            records: { ($0 as? PeerError)?.status != 404 }, ignores: { ($0 as? PeerError)?.status == 409 })
        for status in [409, 404, 500] {
            await #expect(throws: PeerError(status: status)) {
                try await breaker.run { throw PeerError(status: status) }
            }
        }
        #expect(recorder.outcomes == [.ignored, .success, .failure])
        #expect(breaker.snapshot.calls == 2)
        #expect(breaker.snapshot.failures == 1)
    }

    @Test func `ignoring wins over recording`() async throws {
        let breaker = try breaker(records: { _ in true }, ignores: { _ in true })
        for _ in 1...20 { try? await breaker.run { throw PeerError() } }
        #expect(breaker.snapshot.state == .closed)
        #expect(breaker.snapshot.totals[.ignored] == 20)
    }

    @Test func `a value can be a failure`() async throws {
        let breaker = try breaker()
        for status in [200, 500, 404] {
            let answer = try await breaker.run(
                verdict: { $0 >= 500 ? .failure : $0 >= 400 ? .ignored : .success }, { status })
            #expect(answer == status)
        }
        #expect(recorder.outcomes == [.success, .failure, .ignored])
    }

    @Test func `an ignored probe gives its permit back`() async throws {
        let breaker = try breaker(ignores: { $0 as? PeerError == PeerError(status: 409) })
        try await open(breaker)
        clock.advance(by: .seconds(5))
        for _ in 1...100 { try? await breaker.run { throw PeerError(status: 409) } }
        #expect(recorder.count(.ignored) == 100)
        #expect(breaker.snapshot.state == .halfOpen)
        for _ in 1...2 { try await breaker.run {} }
        #expect(breaker.snapshot.state == .closed)
    }

    @Test func `a call whose task is cancelled counts as nothing`() async throws {
        let breaker = try breaker()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...20 { group.addTask { try await breaker.run { try await clock.sleep(for: .seconds(9)) } } }
            try await clock.waitForSleepers(20)
            group.cancelAll()
        }
        #expect(breaker.snapshot.calls == 0)
        #expect(recorder.count(.cancelled) == 20)
    }

    @Test func `150 callers at half-open: only the probes get through, and their success closes it`() async throws {
        let breaker = try breaker(probes: 5)
        try await open(breaker)
        clock.advance(by: .seconds(5))
        let signal = Signal()
        let calls = Gauge()
        let refusals = await withTaskGroup(of: CallNotPermitted?.self) { group in
            for _ in 1...150 {
                group.addTask {
                    do {
                        try await breaker.run {
                            calls.up()
                            await signal.wait()
                        }
                        return nil
                    } catch {
                        return error as? CallNotPermitted
                    }
                }
            }
            try? await waitUntil("all but the probes are refused") {
                recorder.count(.rejected) == 145 && signal.waitingCount == 5
            }
            signal.give()
            return await group.reduce(into: [CallNotPermitted]()) { if let refusal = $1 { $0.append(refusal) } }
        }
        #expect(calls.sum == 5)
        #expect(refusals.count == 145)
        #expect(refusals.allSatisfy { $0.state == .halfOpen && $0.retryAfter == .seconds(10) })
        #expect(breaker.snapshot.state == .closed)
    }

    @Test func `150 callers again and again while probes fail: each half-open sees only its probes`() async throws {
        let breaker = try breaker(probes: 5)
        try await open(breaker)
        for round in 1...20 {
            clock.advance(by: .seconds(5))
            let calls = Gauge()
            await withTaskGroup(of: Void.self) { group in
                for _ in 1...150 {
                    group.addTask {
                        try? await breaker.run {
                            calls.up()
                            await Task.yield()
                            throw PeerError()
                        }
                    }
                }
            }
            // Three of five failures decide; a fourth and a fifth may have been under way.
            #expect((3...5).contains(calls.sum), "round \(round)")
            #expect(breaker.snapshot.state == .open)
        }
    }

    @Test func `probes that are cancelled in a storm leave all permits behind`() async throws {
        let breaker = try breaker(probes: 5)
        try await open(breaker)
        clock.advance(by: .seconds(5))
        for _ in 1...100 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 1...20 {
                    group.addTask { try? await breaker.run { try await clock.sleep(for: .seconds(3600)) } }
                }
                group.cancelAll()
            }
            try #require(breaker.snapshot.probesInFlight == 0)
        }
        #expect(breaker.snapshot.state == .halfOpen)
        for _ in 1...3 { try await breaker.run {} }
        #expect(breaker.snapshot.state == .closed)
    }

    @Test func `a permit that is thrown away comes back after a while`() async throws {
        let breaker = try breaker(probes: 1)
        try await open(breaker)
        clock.advance(by: .seconds(5))
        _ = try breaker.acquire()
        #expect(throws: CallNotPermitted.self) { try breaker.acquire() }
        clock.advance(by: .seconds(10))
        let permit = try breaker.acquire()
        breaker.report(permit, .success, duration: .milliseconds(1))
        #expect(breaker.snapshot.state == .closed)
        #expect(recorder.count(.lost) == 1)
    }

    @Test func `totals and observer agree however many call at once`() async throws {
        let breaker = try breaker()
        await withTaskGroup(of: Void.self) { group in
            for task in 1...50 {
                group.addTask {
                    for call in 1...100 {
                        try? await breaker.run {
                            if (task + call).isMultiple(of: 3) { throw PeerError() }
                        }
                        if call.isMultiple(of: 10) { clock.advance(by: .milliseconds(100)) }
                    }
                }
            }
        }
        let snapshot = breaker.snapshot
        #expect(snapshot.totals.values.reduce(0, +) == 5000)
        for outcome in CallOutcome.allCases { #expect(snapshot.totals[outcome] == recorder.count(outcome)) }
        #expect(recorder.transitions.count == snapshot.transitions)
    }

    @Test func `an operator opens and closes it`() async throws {
        let breaker = try breaker()
        breaker.set(.forcedOpen)
        let error = await #expect(throws: CallNotPermitted.self) { try await breaker.run {} }
        #expect(error?.state == .forcedOpen)
        breaker.set(.forcedClosed)
        for _ in 1...20 { try? await breaker.run { throw PeerError() } }
        try await breaker.run {}
        breaker.set(.automatic)
        #expect(breaker.snapshot.state == .closed)
        #expect(recorder.transitions.map(\.to) == [.forcedOpen, .forcedClosed, .closed])
    }
}
