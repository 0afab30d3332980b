import Testing

@testable import Resilience

struct CallWindowTests {
    /// Every call ever made with its time, counted anew each time.
    private struct NaiveWindow {
        var calls: [(mark: CallMark, at: Duration)] = []

        func counts(where isIn: (Int, Duration) -> Bool) -> WindowCounts {
            var counts = WindowCounts()
            for (index, call) in calls.enumerated() where isIn(index, call.at) { counts.add(call.mark) }
            return counts
        }
    }

    @Test(arguments: [1, 2, 3, 10, 50])
    func `the last calls count, whatever came before`(size: Int) {
        var random = SplitMix64(seed: UInt64(size))
        var window = CountWindow(size: size)
        var naive = NaiveWindow()
        for step in 1...1000 {
            if Int.random(in: 0..<300, using: &random) == 0 {
                window.removeAll()
                naive.calls = []
            }
            let mark = CallMark(rawValue: UInt8.random(in: 0...3, using: &random))
            window.record(mark)
            naive.calls.append((mark, .zero))
            let expected = naive.counts { index, _ in index >= naive.calls.count - size }
            #expect(window.counts == expected, "after \(step) calls")
        }
    }

    @Test(arguments: [1, 20, 1000, 30_000])
    func `the calls of the last time count, to a twentieth of it`(milliseconds: Int) {
        let span = Duration.milliseconds(milliseconds)
        let start = ContinuousClock.now
        var random = SplitMix64(seed: UInt64(milliseconds))
        var window = TimeWindow(span: span, now: start)
        var naive = NaiveWindow()
        var elapsed = Duration.zero
        for _ in 1...700 {
            // From nothing to beyond the whole window.
            let share = Double.random(in: 0...1, using: &random)
            elapsed += span * (share * share * share * share * 1.5)
            let mark = CallMark(rawValue: UInt8.random(in: 0...3, using: &random))
            window.record(mark, now: start + elapsed)
            naive.calls.append((mark, elapsed))
            let width = span.nanoseconds / 20
            let slice = elapsed.nanoseconds / width
            let exact = naive.counts { _, at in at.nanoseconds / width > slice - 20 }
            #expect(window.counts(now: start + elapsed) == exact)
            // And what that means for a user: never less than 19/20 of the time, never more than all of it.
            let least = naive.counts { _, at in elapsed - at < span * 0.95 }
            let most = naive.counts { _, at in elapsed - at <= span }
            #expect((least.calls...most.calls).contains(exact.calls))
        }
    }

    @Test func `a time window empties by itself`() {
        let start = ContinuousClock.now
        var window = TimeWindow(span: .seconds(10), now: start)
        window.record([.failure, .slow], now: start)
        #expect(window.counts(now: start + .seconds(9)).failures == 1)
        #expect(window.counts(now: start + .seconds(10)) == WindowCounts())
        #expect(window.counts(now: start + .seconds(1_000_000)) == WindowCounts())
    }

    @Test func `a time that comes late counts for the youngest slice`() {
        let start = ContinuousClock.now
        var window = TimeWindow(span: .seconds(10), now: start)
        window.record([], now: start + .seconds(5))
        window.record(.failure, now: start + .seconds(4))
        #expect(window.counts(now: start + .seconds(14.4)).calls == 2)
        #expect(window.counts(now: start + .seconds(15)).calls == 0)
    }
}
