import Testing

@testable import BypassQueueService

@Suite struct LeaseWatchTests {
    private let start = ContinuousClock.now

    private func sign(_ owner: Int64, _ mark: String, lease: Duration = .seconds(10)) -> SignOfLife {
        SignOfLife(owner: owner, mark: mark, lease: lease)
    }

    @Test func `an owner is overdue when its sign has not changed for its own lease`() {
        var watch = LeaseWatch()
        let (one, two) = (sign(1, "a"), sign(2, "a", lease: .seconds(2)))
        #expect(watch.overdue([one, two], now: start).isEmpty)
        #expect(watch.overdue([one, two], now: start + .seconds(1.9)).isEmpty)
        #expect(watch.overdue([one, two], now: start + .seconds(2)) == [two])
        #expect(watch.overdue([one, two], now: start + .seconds(10)) == [one, two])
    }

    @Test func `every sign of life begins its lease anew, whatever time it tells`() {
        var watch = LeaseWatch()
        for (second, mark) in ["2026", "1970", "2026", "2099"].enumerated() {
            #expect(watch.overdue([sign(1, mark)], now: start + .seconds(9 * second)).isEmpty)
        }
        #expect(watch.overdue([sign(1, "2099")], now: start + .seconds(37)) == [sign(1, "2099")])
    }

    @Test func `an owner that was gone is seen for the first time again`() {
        var watch = LeaseWatch()
        #expect(watch.overdue([sign(1, "a")], now: start).isEmpty)
        #expect(watch.overdue([], now: start + .seconds(20)).isEmpty)
        #expect(watch.overdue([sign(1, "a")], now: start + .seconds(40)).isEmpty)
    }
}
