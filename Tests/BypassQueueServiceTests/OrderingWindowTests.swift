import Contracts
import Testing

@testable import BypassQueueService

@Suite struct OrderingWindowTests {
    private func entry(_ id: Int64, at milliseconds: Int64, _ sequence: Int64? = nil, _ priority: Int64? = nil)
        -> OrderingWindow.Entry
    {
        OrderingWindow.Entry(
            id: id, arrival: id * 10, acceptedAt: Timestamp(milliseconds: milliseconds), messageSequence: sequence,
            priority: priority)
    }

    private func plan(_ entries: [OrderingWindow.Entry], now: Int64) -> OrderingWindow.Plan {
        OrderingWindow.plan(entries, window: .milliseconds(100), now: Timestamp(milliseconds: now))
    }

    @Test func `a window is open for its length, from its first message`() {
        let entries = [entry(1, at: 1_000, 2), entry(2, at: 1_090, 1)]
        #expect(plan(entries, now: 1_099) == .wait(until: Timestamp(milliseconds: 1_100)))
        #expect(plan(entries, now: 1_100) == .order([(2, 10), (1, 20)]))
        #expect(plan([], now: 0) == .order([]))
    }

    @Test func `what came after its end is of the next window`() {
        let entries = [entry(1, at: 1_000, 2), entry(2, at: 1_101, 1)]
        #expect(plan(entries, now: 2_000) == .order([(1, 10)]))
    }

    @Test func `a window from before the clock was set back is closed at once`() {
        let entries = [entry(1, at: 3_600_000, 2), entry(2, at: 1_000, 1)]
        #expect(plan(entries, now: 1_001) == .order([(2, 10), (1, 20)]))
    }

    @Test func `sequence counts before priority, then the arrival`() {
        let entries = [
            entry(1, at: 0), entry(2, at: 0, 5, 1), entry(3, at: 0, 5), entry(4, at: 0, nil, 0), entry(5, at: 0, 1, 9),
        ]
        #expect(plan(entries, now: 200) == .order([(5, 10), (2, 20), (3, 30), (4, 40), (1, 50)]))
    }

    @Test func `a full window closes at once`() {
        let entries = (1...Int64(OrderingWindow.limit)).map { entry($0, at: 0, -$0) }
        guard case .order(let places) = plan(entries, now: 1) else {
            Issue.record("the window should be closed")
            return
        }
        #expect(places.count == OrderingWindow.limit && places.first?.id == Int64(OrderingWindow.limit))
    }
}
