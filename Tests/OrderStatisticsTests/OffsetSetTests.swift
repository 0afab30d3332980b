import Testing

@testable import OrderStatistics

@Suite struct OffsetSetTests {
    @Test func `Lines in order are one range however many they are`() {
        var set = OffsetSet()
        for line in 0..<10_000 { set.insert(Int64(line * 100)..<Int64(line * 100 + 100)) }
        #expect(set.ranges == [0..<1_000_000])
        #expect(set.contains(999_900) && !set.contains(1_000_000))
    }

    @Test func `It knows what a plain set of offsets knows, in any order and with repeats`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var set = OffsetSet()
            var plain: Set<Int64> = []
            for _ in 0..<100 {
                let start = Int64.random(in: 0..<300, using: &random)
                let span = start..<start + Int64.random(in: 1...12, using: &random)
                set.insert(span)
                plain.formUnion(span)
                #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            }
            for offset in Int64(0)..<320 { #expect(set.contains(offset) == plain.contains(offset)) }
            #expect(OffsetSet(set.text) == set)
        }
    }

    @Test func `It stays bounded: the lowest gap is given up, and nothing that was seen is forgotten`() {
        var set = OffsetSet()
        for line in 0..<5000 { set.insert(Int64(line * 10)..<Int64(line * 10 + 5)) }
        #expect(set.ranges.count == OffsetSet.maxRanges)
        for line in 0..<5000 { #expect(set.contains(Int64(line * 10))) }
        #expect(!set.contains(49_985))
    }

    @Test func `Text that is no set is refused`() {
        for text in ["x", "5", "5-3", "1-4,2-9", "1-2-3"] { #expect(OffsetSet(text) == nil, "\(text)") }
        #expect(OffsetSet("") == OffsetSet())
    }
}
