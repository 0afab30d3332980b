import Testing

@testable import Kafka

@Suite("Gaps in offsets")
struct GapRuleTests {
    @Test("A jump above what is still in the log is harmless", arguments: [0, 5, 10] as [Int64])
    func harmless(low: Int64) {
        #expect(GapRule.judgeJump(expected: 10, arrived: 12, low: low) == .complete)
    }

    @Test("A jump over what the log has dropped is a gap, up to the oldest that is there")
    func jump() {
        #expect(GapRule.judgeJump(expected: 10, arrived: 100, low: 60) == .gap(firstAvailable: 60, missing: 50))
        #expect(GapRule.judgeJump(expected: 10, arrived: 40, low: 60) == .gap(firstAvailable: 40, missing: 30))
    }

    @Test("An offset out of range is a gap, a log made anew, or a false alarm")
    func range() {
        #expect(GapRule.judgeRange(expected: 10, low: 60, high: 90) == .gap(firstAvailable: 60, missing: 50))
        #expect(GapRule.judgeRange(expected: 10, low: 0, high: 4) == .shortened(firstAvailable: 0))
        #expect(GapRule.judgeRange(expected: 10, low: 0, high: 10) == .complete)
    }
}
