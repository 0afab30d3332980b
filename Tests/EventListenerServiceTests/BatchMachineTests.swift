import Testing

@testable import EventListenerService

/// The rules of when a flush begins, on a clock of the test's own.
struct BatchMachineTests {
    typealias Instant = ContinuousClock.Instant
    typealias Machine = BatchMachine<Instant>

    let start = ContinuousClock.now
    let limits = BatchLimits(
        idleFlush: .seconds(1), maxBatch: 3, maxBatchBytes: 1_000, maxAge: .seconds(5), maxFlush: 10,
        maxFlushBytes: 10_000, bufferEvents: 100, bufferBytes: 100_000)

    private func level(_ events: Int, bytes: Int = 10, awaited: Int = 0, oldest: Double, newest: Double)
        -> QueueLevel<Instant>
    {
        QueueLevel(events: events, bytes: bytes, awaited: awaited, oldest: at(oldest), newest: at(newest))
    }

    private func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }

    @Test func `nothing is asked for while nothing is there`() {
        var machine = Machine(limits: limits)
        for input in [Machine.Input.arrived, .timer, .flushed, .stop] {
            #expect(machine.handle(input, level: QueueLevel(), now: start) == .none)
            #expect(machine.state == .idle)
        }
    }

    @Test func `a lone event goes out when none followed for the idle time`() {
        var machine = Machine(limits: limits)
        let one = level(1, oldest: 0, newest: 0)
        #expect(machine.handle(.arrived, level: one, now: start) == .wake(at(1)))
        #expect(machine.state == .active)
        #expect(machine.handle(.timer, level: one, now: at(0.9)) == .wake(at(1)))
        #expect(machine.handle(.timer, level: one, now: at(1)) == .flush(.idle))
        #expect(machine.state == .flushing)
    }

    @Test func `events that keep coming go out at the age of the oldest`() {
        var machine = Machine(limits: limits)
        #expect(machine.handle(.arrived, level: level(1, oldest: 0, newest: 0), now: start) == .wake(at(1)))
        let two = level(2, oldest: 0, newest: 0.9)
        #expect(machine.handle(.arrived, level: two, now: at(0.9)) == .stay)
        #expect(machine.handle(.timer, level: two, now: at(1)) == .wake(at(0.9) + .seconds(1)))
        let later = level(2, oldest: 0, newest: 4.5)
        #expect(machine.handle(.timer, level: later, now: at(4.5)) == .wake(at(5)))
        var other = machine
        #expect(machine.handle(.timer, level: later, now: at(5)) == .flush(.age))
        #expect(other.handle(.arrived, level: later, now: at(5)) == .flush(.age))
    }

    @Test func `number, bytes, a waiting caller and the end are reasons to go at once`() {
        let cases: [(QueueLevel<Instant>, FlushCause)] = [
            (level(3, oldest: 0, newest: 0), .count),
            (level(1, bytes: 1_000, oldest: 0, newest: 0), .bytes),
            (level(1, awaited: 1, oldest: 0, newest: 0), .caller),
        ]
        for (level, cause) in cases {
            var machine = Machine(limits: limits)
            #expect(machine.handle(.arrived, level: level, now: start) == .flush(cause))
        }
        var machine = Machine(limits: limits)
        _ = machine.handle(.arrived, level: level(1, oldest: 0, newest: 0), now: start)
        #expect(machine.handle(.stop, level: level(1, oldest: 0, newest: 0), now: start) == .flush(.shutdown))
    }

    @Test func `one flush at a time, and what gathered meanwhile is judged at its end`() {
        var machine = Machine(limits: limits)
        #expect(machine.handle(.arrived, level: level(3, oldest: 0, newest: 0), now: start) == .flush(.count))
        for input in [Machine.Input.arrived, .timer, .stop] {
            #expect(machine.handle(input, level: level(50, oldest: 0, newest: 0), now: at(9)) == .none)
        }
        machine = Machine(limits: limits)
        _ = machine.handle(.arrived, level: level(3, oldest: 0, newest: 0), now: start)
        #expect(machine.handle(.flushed, level: level(1, oldest: 0.5, newest: 0.5), now: at(0.6)) == .wake(at(1.5)))
        _ = machine.handle(.arrived, level: level(4, oldest: 0.5, newest: 0.7), now: at(0.7))
        #expect(machine.state == .flushing)
        #expect(
            machine.handle(.flushed, level: level(1, awaited: 1, oldest: 1, newest: 1), now: at(1)) == .flush(.caller))
        #expect(machine.handle(.flushed, level: QueueLevel(), now: at(2)) == .none)
        #expect(machine.state == .idle)
    }

    /// Whatever comes in whatever order: where something waits, either a flush runs or a time to come back is named that
    /// is near enough. So no last event ever waits for a next one.
    @Test(arguments: 0..<200) func `an event never waits without a flush or a time`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = Machine(limits: limits)
        var buffer = EventBuffer<Int, Instant>(limits: limits)
        var now = start
        var deadline: Instant?
        var taken = 0
        func perform(_ action: Machine.Action) {
            switch action {
            case .none: deadline = nil
            case .stay: #expect(deadline != nil)
            case .wake(let time): deadline = time
            case .flush:
                deadline = nil
                taken = buffer.take().count
            }
        }
        for _ in 0..<300 {
            now = now + .milliseconds(Int.random(in: 0...900, using: &random))
            if let due = deadline, due <= now {
                perform(machine.handle(.timer, level: buffer.level, now: due))
            }
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                guard buffer.hasRoom(events: 1, bytes: 400) else { break }
                let event = Event(type: "t", action: "a", version: "1")
                let receipt = Int.random(in: 0..<4, using: &random) == 0 ? 1 : nil
                buffer.append(event, .init(receipt: receipt, mayLog: true, arrivedAt: now, size: 40))
                perform(machine.handle(.arrived, level: buffer.level, now: now))
            case 1 where machine.state == .flushing:
                buffer.release(events: taken, bytes: taken * 40)
                perform(machine.handle(.flushed, level: buffer.level, now: now))
            default: break
            }
            guard !buffer.level.isEmpty, let oldest = buffer.level.oldest else { continue }
            switch machine.state {
            case .flushing: break
            case .active:
                #expect(deadline.map { $0 <= oldest + limits.maxAge } == true)
                #expect(buffer.level.awaited == 0)
            case .idle: Issue.record("something waits, and nothing is going to happen")
            }
        }
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
