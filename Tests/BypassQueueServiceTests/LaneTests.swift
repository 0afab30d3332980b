import Contracts
import Resilience
import Testing

@testable import BypassQueueService

/// One group's state machine against a store that is an array.
@Suite struct LaneTests {
    /// Drives a lane: performs what it asks for on an array of messages.
    struct Driver {
        var lane: Lane
        var stored: [QueuedMessage] = []
        var control: GroupControl
        var now = Timestamp(milliseconds: 1_000_000)
        var sent: [Delivery] = []
        var steps: [Settlement.Step] = []
        let rule = RetryRule(backoff: Backoff(base: .seconds(1), limit: .seconds(1), jitter: 0))

        init(policy: FailurePolicy = .block, window: Duration = .seconds(10), isFresh: Bool = false) {
            control = GroupControl(
                settings: GroupSettings(
                    callbackURL: "http://example.com/", policy: policy, retryWindow: window, timeout: .seconds(1),
                    secrets: []), lastSequence: 0)
            lane = Lane(groupID: 1, group: "g", epoch: 3, control: control, isFresh: isFresh, now: now)
        }

        func message(_ sequence: Int64) -> QueuedMessage {
            QueuedMessage(
                id: sequence * 2, sequence: sequence, isOrdered: true, acceptedAt: now, givenWebhookID: nil,
                callbackURL: nil, contentType: nil, correlationID: nil, body: [1, 2, 3])
        }

        mutating func store(_ sequences: ClosedRange<Int64>) -> [QueuedMessage] {
            let messages = sequences.map(message)
            stored += messages
            control.lastSequence = max(control.lastSequence, sequences.upperBound)
            return messages
        }

        /// Until the lane waits; `answer` is asked for each callback. Returns until when it waits.
        mutating func run(_ answer: (Delivery) -> CallbackResult) -> Timestamp? {
            for _ in 0..<10_000 {
                switch lane.next(now: now) {
                case .wait(let until): return until
                case .load(let id):
                    let found = stored.filter { $0.id > id }
                    let limit = Lane.windowLimit
                    lane.loaded(control, Array(found.prefix(limit)), isCut: found.count >= limit)
                case .order: lane.ordered(remaining: nil, now: now)
                case .send(let delivery):
                    sent.append(delivery)
                    lane.answered(answer(delivery), startedAt: now, duration: .milliseconds(5), now: now, rule: rule)
                case .settle(let settlement):
                    steps.append(settlement.step)
                    let isThere = stored.contains { $0.id == settlement.delivery.message.id }
                    if settlement.step == .delivered || settlement.step == .deadLettered {
                        stored.removeAll { $0.id == settlement.delivery.message.id }
                    }
                    control.head = settlement.progressAfter
                    control.isBlocked = settlement.step == .blocked
                    lane.settled(isGone: !isThere)
                }
            }
            Issue.record("the lane never rests")
            return nil
        }
    }

    private let ok = CallbackResult.answer(status: 200, retryAfter: nil, start: [])
    private let broken = CallbackResult.answer(status: 500, retryAfter: nil, start: [])

    @Test func `everything that waits is sent in order, however much it is`() {
        var driver = Driver()
        _ = driver.store(1...100)
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.map(\.message.sequence) == Array(1...100))
        #expect(driver.lane.doneSequence == 100 && driver.lane.idleSince != nil && driver.lane.heldBytes == 0)
        #expect(driver.sent.allSatisfy { $0.epoch == 3 && $0.attempt == 1 })
    }

    @Test func `messages that are handed over need no store, and gaps are read from it`() {
        var driver = Driver(isFresh: true)
        driver.lane.accepted(driver.store(1...3))
        driver.stored = driver.stored.map { $0 }
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.count == 3)
        // Another replica took 4; this one took 5 and hears of that first.
        _ = driver.store(4...4)
        driver.lane.accepted(driver.store(5...5))
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.map(\.message.sequence) == Array(1...5))
        // Told again of what it knows, it does nothing.
        driver.lane.accepted([driver.message(5)])
        driver.lane.compare(lastSequence: 5, revision: 0)
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.count == 5)
    }

    @Test func `a failed callback is tried again until its window ends, and holds nothing meanwhile`() {
        var driver = Driver(window: .seconds(3))
        _ = driver.store(1...2)
        for attempt in 1...3 {
            let until = driver.run { _ in broken }
            #expect(until == driver.now.adding(.seconds(1)))
            #expect(driver.sent.count == attempt && driver.sent.last?.attempt == attempt)
            driver.now = driver.now.adding(.seconds(1))
        }
        #expect(driver.run { _ in broken } == nil)
        #expect(driver.steps.last == .blocked && driver.lane.control.isBlocked && driver.lane.heldBytes == 0)
        #expect(driver.sent.allSatisfy { $0.message.sequence == 1 })
        driver.control.isBlocked = false
        driver.control.head.firstAt = nil
        driver.lane.controlChanged()
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.suffix(2).map(\.message.sequence) == [1, 2])
        #expect(driver.sent.suffix(2).map(\.attempt) == [5, 1])
    }

    @Test func `with dead letters the group goes on`() {
        var driver = Driver(policy: .deadLetter, window: .zero)
        _ = driver.store(1...3)
        #expect(driver.run { $0.message.sequence == 2 ? broken : ok } == nil)
        #expect(driver.steps == [.delivered, .deadLettered, .delivered])
    }

    @Test func `what was not sent counts as no attempt`() {
        var driver = Driver()
        _ = driver.store(1...1)
        let until = driver.run { _ in .notSent(reason: "lease") }
        driver.now = until ?? driver.now
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.map(\.attempt) == [1, 1] && driver.steps == [.delivered])
    }

    @Test func `a message that was skipped while it was sent is over`() {
        var driver = Driver()
        _ = driver.store(1...3)
        #expect(
            driver.run { delivery in
                ok
            } == nil)
        _ = driver.store(4...5)
        driver.lane.signal()
        guard case .load(let id) = driver.lane.next(now: driver.now) else { return }
        driver.lane.loaded(driver.control, driver.stored.filter { $0.id > id }, isCut: false)
        guard case .send(let delivery) = driver.lane.next(now: driver.now) else { return }
        driver.stored.removeAll { $0.id == delivery.message.id }
        driver.lane.controlChanged()
        driver.lane.answered(broken, startedAt: driver.now, duration: .zero, now: driver.now, rule: driver.rule)
        #expect(driver.run { _ in ok } == nil)
        #expect(driver.sent.last?.message.sequence == 5 && driver.stored.isEmpty)
    }

    /// Random signals, handovers, failures and pauses in any order: always in order, nothing lost, nothing twice but
    /// what failed.
    @Test(arguments: 1...30) func `whatever happens in whatever order`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var driver = Driver(policy: .deadLetter, window: .seconds(2))
        var next: Int64 = 1
        for _ in 0..<100 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let count = Int64.random(in: 1...40, using: &random)
                let messages = driver.store(next...(next + count - 1))
                next += count
                if Bool.random(using: &random) { driver.lane.accepted(messages) } else { driver.lane.signal() }
            case 3:
                driver.control.isPaused.toggle()
                driver.control.revision += 1
                driver.lane.controlChanged()
            case 4: driver.lane.compare(lastSequence: next - 1, revision: driver.control.revision)
            case 5: driver.now = driver.now.adding(.milliseconds(.random(in: 0...1_500, using: &random)))
            default:
                _ = driver.run { _ in Int.random(in: 0..<10, using: &random) == 0 ? broken : ok }
            }
        }
        driver.control.isPaused = false
        driver.lane.controlChanged()
        while let until = driver.run({ _ in ok }) { driver.now = until }
        #expect(driver.stored.isEmpty)
        let sequences = driver.sent.map(\.message.sequence)
        #expect(sequences == sequences.sorted())
        #expect(Set(sequences) == Set(1..<next))
        for (one, other) in zip(driver.sent, driver.sent.dropFirst())
        where one.message.sequence == other.message.sequence {
            #expect(other.attempt == one.attempt + 1)
        }
    }
}

/// A small random generator that starts anywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
