import Testing

@testable import Resilience

/// The rules, step by step.
struct CircuitBreakerMachineTests {
    /// A machine with its time and a record of what it said.
    private final class Bench {
        var machine: CircuitBreakerMachine
        var now: ContinuousClock.Instant
        var transitions: [CircuitBreakerTransition] = []
        var lost = 0
        /// Half: the open time is just as configured.
        var fraction = 0.5

        init(_ configuration: CircuitBreakerConfiguration) {
            now = ContinuousClock.now
            machine = CircuitBreakerMachine(configuration, now: now)
        }

        init(copying other: Bench) {
            machine = other.machine
            now = other.now
        }

        var state: CircuitBreakerState { machine.state }

        func note(_ changes: CircuitBreakerMachine.Changes) {
            lost += changes.lost
            if let transition = changes.transition { transitions.append(transition) }
        }

        func acquire() -> CircuitBreakerPermit? {
            let (admission, changes) = machine.acquire(now: now)
            note(changes)
            guard case .permitted(let permit) = admission else { return nil }
            return permit
        }

        func refusal() -> Duration? {
            let (admission, changes) = machine.acquire(now: now)
            note(changes)
            guard case .rejected(_, let wait) = admission else { return nil }
            return wait
        }

        @discardableResult
        func report(_ permit: CircuitBreakerPermit, _ mark: CallMark) -> CallOutcome {
            let (outcome, changes) = machine.report(permit, mark, now: now) { [fraction] in fraction }
            note(changes)
            return outcome
        }

        @discardableResult
        func giveBack(_ permit: CircuitBreakerPermit) -> CallOutcome {
            let (outcome, changes) = machine.giveBack(permit, as: .cancelled, now: now)
            note(changes)
            return outcome
        }

        func call(_ mark: CallMark, times: Int = 1) throws {
            for _ in 0..<times {
                let permit = try #require(acquire())
                report(permit, mark)
            }
        }

        func set(_ mode: CircuitBreakerMode) { note(machine.set(mode, now: now)) }

        func snapshot() -> CircuitBreakerSnapshot { machine.snapshot(now: now).0 }

        /// Fails until it opens.
        func open() throws {
            try call(.failure, times: machine.configuration.minimumCalls)
            try #require(state == .open)
        }

        /// Opens and waits until the first probe may go.
        func openAndWait() throws {
            try open()
            now += machine.configuration.openTime
        }
    }

    private func bench(
        window: CircuitBreakerConfiguration.Window = .calls(10), minimumCalls: Int = 4, failureRate: Double = 50,
        slowRate: Double = 100, jitter: Double = 0, probes: Int = 3
    ) throws -> Bench {
        Bench(
            try CircuitBreakerConfiguration(
                window: window, minimumCalls: minimumCalls, failureRateThreshold: failureRate,
                slowCallDuration: .seconds(1), slowCallRateThreshold: slowRate, openTime: .seconds(5),
                openTimeJitter: jitter, probes: probes, probeTimeout: .seconds(10)))
    }

    // MARK: Closed

    @Test func `below the minimum of calls nothing opens it`() throws {
        let bench = try bench(minimumCalls: 10)
        try bench.call(.failure, times: 9)
        #expect(bench.state == .closed)
        #expect(bench.snapshot().failureRate == nil)
        try bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test func `it opens at the failure rate, not below it`() throws {
        let bench = try bench()
        try bench.call([], times: 6)
        try bench.call(.failure, times: 4)
        #expect(bench.state == .closed)
        #expect(bench.snapshot().failureRate == 40)
        // The oldest success leaves the window of ten.
        try bench.call(.failure)
        #expect(bench.state == .open)
        #expect(bench.transitions.map(\.reason) == [.failureRate])
    }

    @Test func `it opens at the slow call rate although every call succeeds`() throws {
        let bench = try bench(slowRate: 75)
        try bench.call([])
        try bench.call(.slow, times: 2)
        #expect(bench.state == .closed)
        try bench.call(.slow)
        #expect(bench.state == .open)
        #expect(bench.transitions.map(\.reason) == [.slowCallRate])
    }

    @Test func `a rate of 100 percent needs every call to fail`() throws {
        let bench = try bench(failureRate: 100)
        try bench.call([])
        try bench.call(.failure, times: 9)
        #expect(bench.state == .closed)
        try bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test func `failures that are long ago do not open a time window`() throws {
        let bench = try bench(window: .time(.seconds(20)))
        try bench.call(.failure, times: 3)
        bench.now += .seconds(20)
        try bench.call(.failure, times: 3)
        #expect(bench.state == .closed)
        try bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test func `what is given back moves no window`() throws {
        let bench = try bench()
        try bench.call(.failure, times: 3)
        for _ in 1...100 {
            let permit = try #require(bench.acquire())
            #expect(bench.giveBack(permit) == .cancelled)
        }
        #expect(bench.snapshot().calls == 3)
        #expect(bench.state == .closed)
    }

    // MARK: Open

    @Test func `open refuses every call and says when to come again`() throws {
        let bench = try bench()
        try bench.open()
        #expect(bench.refusal() == .seconds(5))
        bench.now += .seconds(4)
        #expect(bench.refusal() == .seconds(1))
        #expect(bench.snapshot().retryAfter == .seconds(1))
        bench.now += .seconds(1)
        #expect(bench.acquire() != nil)
        #expect(bench.state == .halfOpen)
        #expect(bench.snapshot().totals[.rejected] == 2)
    }

    @Test(arguments: [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
    func `chance makes the open time shorter or longer`(fraction: Double, seconds: Double) throws {
        let bench = try bench(jitter: 0.2)
        bench.fraction = fraction
        try bench.open()
        let wait = try #require(bench.refusal())
        #expect(abs(wait / .seconds(seconds) - 1) < 1e-9)
    }

    @Test func `a call that began before it opened counts for nothing afterwards`() throws {
        let bench = try bench()
        let early = (0..<4).map { _ in bench.acquire() }.compactMap(\.self)
        try bench.openAndWait()
        #expect(bench.report(early[0], []) == .late)
        let probe = try #require(bench.acquire())
        // Neither a success nor a failure of the past decides about the present.
        #expect(bench.report(early[1], []) == .late)
        #expect(bench.report(early[2], .failure) == .late)
        #expect(bench.giveBack(early[3]) == .late)
        #expect(bench.snapshot().calls == 0)
        bench.report(probe, [])
        #expect(bench.snapshot().calls == 1)
        #expect(bench.snapshot().totals[.late] == 4)
    }

    // MARK: Half-open

    @Test func `half-open gives as many permits as configured and no more`() throws {
        let bench = try bench()
        try bench.openAndWait()
        let permits = (0..<100).compactMap { _ in bench.acquire() }
        #expect(permits.count == 3)
        #expect(bench.refusal() == .seconds(10))
        // A report uses its permit up.
        bench.report(permits[0], [])
        #expect(bench.acquire() == nil)
    }

    @Test func `probes that succeed close it with an empty window`() throws {
        let bench = try bench()
        try bench.openAndWait()
        try bench.call([], times: 2)
        #expect(bench.state == .closed)
        #expect(bench.snapshot().calls == 0)
        #expect(bench.transitions.map(\.reason) == [.failureRate, .openTimeOver, .probesPassed])
        #expect(bench.transitions.map(\.number) == [1, 2, 3])
        #expect(bench.transitions.map(\.to) == [.open, .halfOpen, .closed])
    }

    @Test func `probes that fail open it again for the whole time`() throws {
        let bench = try bench()
        try bench.openAndWait()
        try bench.call(.failure, times: 2)
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .probesFailed)
        #expect(bench.refusal() == .seconds(5))
    }

    @Test func `slow probes open it again`() throws {
        let bench = try bench(slowRate: 60)
        try bench.openAndWait()
        try bench.call(.slow, times: 2)
        #expect(bench.state == .open)
    }

    @Test(arguments: 1...12, [1.0, 33.4, 50, 99, 100])
    func `half-open decides as soon as it is certain, and as all probes together would`(
        probes: Int, threshold: Double
    ) throws {
        var random = SplitMix64(seed: UInt64(probes))
        for _ in 1...50 {
            let bench = try bench(failureRate: threshold, slowRate: 70, probes: probes)
            try bench.openAndWait()
            let marks = (0..<probes).map { _ in CallMark(rawValue: UInt8.random(in: 0...3, using: &random)) }
            let permits = marks.compactMap { _ in bench.acquire() }
            for (permit, mark) in zip(permits, marks) { bench.report(permit, mark) }
            let failures = marks.count { $0.contains(.failure) }
            let slow = marks.count { $0.contains(.slow) }
            let isBad =
                Double(failures) / Double(probes) * 100 >= threshold || Double(slow) / Double(probes) * 100 >= 70
            #expect(bench.state == (isBad ? .open : .closed), "\(marks)")
        }
    }

    @Test func `a probe that is given back leaves its permit to another call`() throws {
        let bench = try bench()
        try bench.openAndWait()
        for _ in 1...1000 {
            let permits = (0..<3).compactMap { _ in bench.acquire() }
            try #require(permits.count == 3)
            for permit in permits { bench.giveBack(permit) }
        }
        #expect(bench.state == .halfOpen)
        try bench.call([], times: 2)
        #expect(bench.state == .closed)
    }

    @Test func `a probe that never reports is lost in the end and leaves its permit to another call`() throws {
        let bench = try bench()
        try bench.openAndWait()
        let lost = (0..<3).compactMap { _ in bench.acquire() }
        bench.now += .seconds(9)
        #expect(bench.refusal() == .seconds(1))
        #expect(bench.snapshot().probesInFlight == 3)
        bench.now += .seconds(1)
        let second = (0..<100).compactMap { _ in bench.acquire() }
        #expect(second.count == 3)
        #expect(bench.lost == 3)
        // What it says after all no longer counts, and takes nobody's permit.
        #expect(bench.report(lost[0], .failure) == .late)
        #expect(bench.giveBack(lost[1]) == .late)
        #expect(bench.snapshot().probesInFlight == 3)
        bench.report(second[0], [])
        bench.report(second[1], [])
        #expect(bench.state == .closed)
        #expect(bench.snapshot().totals[.lost] == 3)
    }

    @Test func `a permit counts once`() throws {
        let bench = try bench()
        try bench.openAndWait()
        let permit = try #require(bench.acquire())
        bench.report(permit, [])
        #expect(bench.report(permit, []) == .late)
        #expect(bench.state == .halfOpen)
    }

    // MARK: An operator

    @Test func `forced open refuses everything for ever`() throws {
        let bench = try bench()
        bench.set(.forcedOpen)
        bench.now += .seconds(1_000_000)
        #expect(bench.refusal() == .seconds(5))
        #expect(bench.state == .forcedOpen)
    }

    @Test func `forced closed lets everything through whatever fails`() throws {
        let bench = try bench()
        try bench.open()
        bench.set(.forcedClosed)
        try bench.call([.failure, .slow], times: 100)
        #expect(bench.state == .forcedClosed)
        #expect(bench.snapshot().totals[.slowFailure] == 100)
    }

    @Test func `back to automatic begins closed with an empty window`() throws {
        let bench = try bench()
        try bench.call(.failure, times: 3)
        bench.set(.forcedOpen)
        bench.set(.automatic)
        #expect(bench.state == .closed)
        #expect(bench.snapshot().calls == 0)
        #expect(bench.transitions.map(\.reason) == [.operator, .operator])
    }

    @Test func `setting what is set already changes nothing`() throws {
        let bench = try bench()
        try bench.open()
        bench.set(.automatic)
        #expect(bench.state == .open)
        bench.set(.forcedOpen)
        bench.set(.forcedOpen)
        #expect(bench.transitions.count == 2)
    }

    @Test func `an operator ends half-open, and its probes count no more`() throws {
        let bench = try bench()
        try bench.openAndWait()
        let probe = try #require(bench.acquire())
        bench.set(.forcedClosed)
        #expect(bench.report(probe, .failure) == .late)
        #expect(bench.snapshot().probesInFlight == 0)
    }

    // MARK: Whatever happens

    /// Every state can be left, however permits were lost, reported twice or given back.
    @Test(arguments: 1...10)
    func `it never gets stuck, and never lets more probes through than configured`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bench = try bench(
            window: seed.isMultiple(of: 2) ? .calls(10) : .time(.seconds(20)), slowRate: 60, jitter: 0.5, probes: 4)
        var permits: [CircuitBreakerPermit] = []
        for _ in 1...2000 {
            bench.fraction = Double.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4: if let permit = bench.acquire() { permits.append(permit) }
            case 5...8:
                guard let permit = permits.randomElement(using: &random) else { continue }
                bench.report(permit, CallMark(rawValue: UInt8.random(in: 0...3, using: &random)))
            case 9: if let permit = permits.popLast() { bench.giveBack(permit) }
            case 10: bench.now += .milliseconds(Int.random(in: 0...3000, using: &random))
            default:
                // Whatever was before: after the longest of all waits somebody gets through.
                let later = Bench(copying: bench)
                later.now += .seconds(10)
                try #require(later.acquire() != nil)
            }
            let snapshot = bench.snapshot()
            if snapshot.state == .halfOpen { try #require(snapshot.calls + snapshot.probesInFlight <= 4) }
            try #require(snapshot.calls >= 0 && snapshot.failures >= 0 && snapshot.slowCalls >= 0)
            if permits.count > 50 { permits.removeFirst(25) }
        }
        #expect(Set(bench.transitions.map(\.to)) == [.open, .halfOpen, .closed])
        #expect(bench.transitions.map(\.number) == Array(1...bench.transitions.count))
    }
}
