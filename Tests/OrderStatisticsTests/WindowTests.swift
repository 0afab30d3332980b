import Orders
import Testing

@testable import OrderStatistics

@Suite struct WindowTests {
    private let grace: Int64 = 60_000

    @Test func `An order belongs to the window of its own time`() {
        var windows = TumblingWindows(grace: grace)
        #expect(windows.admit(branch: 1, orderedAt: 59_999, now: 60_000) == .counts(key(1, 30)))
        #expect(windows.admit(branch: 1, orderedAt: 60_000, now: 60_000) == .counts(key(1, 60)))
        #expect(windows.admit(branch: 1, orderedAt: 60_000 + TumblingWindows.maxAhead + 1, now: 60_000) == .ahead)
    }

    @Test func `A window closes when orders of a later time come, and by the clock when none come`() {
        var windows = TumblingWindows(grace: grace)
        _ = windows.admit(branch: 0, orderedAt: 10_000, now: 10_000)
        #expect(windows.advance(toEvent: 10_000, now: 10_000).isEmpty)
        _ = windows.admit(branch: 2, orderedAt: 31_000, now: 31_000)
        #expect(windows.advance(toEvent: 31_000, now: 31_000) == [key(0, 0)])
        #expect(windows.advance(toClock: 59_999).isEmpty)
        #expect(windows.advance(toClock: 60_000) == [key(2, 30)])
        #expect(windows.advance(toClock: 70_000).isEmpty)
    }

    @Test func `Late orders correct their window within the grace and are late after it`() {
        var windows = TumblingWindows(grace: grace)
        _ = windows.advance(toClock: 89_999)
        #expect(windows.admit(branch: 0, orderedAt: 29_999, now: 89_999) == .counts(key(0, 0)))
        _ = windows.advance(toClock: 90_000)
        #expect(windows.admit(branch: 0, orderedAt: 29_999, now: 90_000) == .late)
        #expect(windows.admit(branch: 0, orderedAt: 30_000, now: 90_000) == .counts(key(0, 30)))
    }

    @Test func `A backlog is counted as if it had been read when it was written`() {
        // Away for an hour: the orders of that hour come one after the other, none of them late.
        var windows = TumblingWindows(grace: grace)
        _ = windows.advance(toEvent: 0, now: 0)
        for second in Int64(0)..<3600 {
            guard case .counts = windows.admit(branch: 0, orderedAt: second * 1000, now: 3_600_000) else {
                Issue.record("late at \(second)")
                return
            }
            _ = windows.advance(toEvent: second * 1000, now: 3_600_000)
        }
    }

    @Test func `A clock that is ahead closes nothing before its time`() {
        var windows = TumblingWindows(grace: grace)
        _ = windows.admit(branch: 0, orderedAt: 10_000, now: 10_000)
        #expect(windows.advance(toEvent: 200_000, now: 10_000).isEmpty)
        #expect(windows.watermark == 10_000)
    }

    @Test func `At most four messages a second and branch, the latest window first, the last change never kept back`() {
        var pacer = PublishPacer()
        var published: [TumblingWindows.Key] = []
        for now in Int64(0)..<1000 {
            pacer.changed(key(0, 30))
            published += pacer.due(now: now)
        }
        #expect(published.count == 4)
        pacer.changed(key(0, 60))
        pacer.changed(key(1, 30))
        #expect(pacer.due(now: 1000) == [key(1, 30), key(0, 60)])
        #expect(pacer.due(now: 1100).isEmpty)
        #expect(pacer.due(now: 1250) == [key(0, 30)])
        #expect(pacer.due(now: 5000).isEmpty)
    }

    private func key(_ branch: UInt8, _ seconds: Int64) -> TumblingWindows.Key {
        .init(branch: branch, window: WindowDate(seconds: seconds))
    }
}
