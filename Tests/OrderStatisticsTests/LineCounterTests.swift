import Contracts
import Orders
import Testing

@testable import OrderStatistics

@Suite struct LineCounterTests {
    private static let now: Int64 = 1_795_249_669_000
    private let file = LineID.Generation.make()

    @Test func `A line counts once, however often and in whatever batch it comes`() {
        var state = fresh()
        let lines = (0..<10).map { line($0 * 100, end: $0 * 100 + 100) }
        var counter = LineCounter(state, now: Self.now)
        for line in lines + lines { count(line, &counter) }
        let first = counter.finish()
        #expect(first.batch.counted == 10 && first.batch.repeated == 10)
        state = first.state
        counter = LineCounter(state, now: Self.now)
        for line in lines.reversed() { count(line, &counter) }
        #expect(counter.finish().batch.repeated == 10)
    }

    @Test func `Lines that come out of order are none the less new`() {
        var counter = LineCounter(fresh(), now: Self.now)
        for index in [5, 1, 9, 0, 3, 7, 2, 8, 4, 6] { count(line(index * 100, end: index * 100 + 100), &counter) }
        let result = counter.finish()
        #expect(result.batch.counted == 10 && result.batch.repeated == 0)
    }

    @Test func `A span covers lines that a filter left out, and nothing of another branch`() {
        var counter = LineCounter(fresh(), now: Self.now)
        count(line(0, end: 100), &counter)
        // The lines from 100 to 300 never came; this one answers for them.
        count(line(300, from: 100, end: 400), &counter)
        count(line(150, end: 250, branch: "migeum"), &counter)
        let result = counter.finish()
        #expect(result.batch.counted == 3)
        #expect(result.state.files[.init(generation: file, lane: "sunae")]?.seen.ranges == [0..<400])
    }

    @Test func `Lines without an id count each time, unless their place in the topic has been counted`() {
        var counter = LineCounter(fresh(), now: Self.now)
        let plain = #"{"branch":"sunae","customerAgeGrade":"0010","paymentMethod":"Cash","orders":["Americano"]}"#
        count(plain, &counter)
        count(plain, &counter)
        count(plain, &counter, isPassed: true)
        let result = counter.finish()
        #expect(result.batch.counted == 2 && result.batch.repeated == 1)
    }

    @Test func `A line in a wrapper is counted if it is an order, and else set aside with its place`() {
        var counter = LineCounter(fresh(), now: Self.now)
        let order =
            #"{\"id\":7,\"branch\":\"sunae\",\"customerAgeGrade\":\"0010\",\"paymentMethod\":\"Cash\",\"orders\":[\"Americano\"]}"#
        count(#"{"id":"\#(file):0","span":[0,90],"raw":"\#(order)"}"#, &counter)
        count(#"{"id":"\#(file):90","span":[90,95],"raw":"oops"}"#, &counter)
        count(#"{"id":"\#(file):95","span":[95,96],"raw":""}"#, &counter)
        count(#"{"id":"\#(file):96","span":[96,99],"rawBase64":"w0g="}"#, &counter)
        count(#"{"id":"\#(file):99","span":[99,9999],"truncated":true,"rawBase64":""}"#, &counter)
        let batch = counter.finish().batch
        #expect(batch.counted == 1)
        #expect(batch.setAside.map(\.fault) == [.notJSON, .empty, .notUTF8, .tooLong])
        #expect(batch.setAside.map { $0.id?.offset } == [90, 95, 96, 99])
    }

    @Test func `Many branches and many windows in one batch are counted as few are`() {
        var counter = LineCounter(fresh(), now: Self.now)
        let branches = (0..<200).map { "\($0)-" + String(repeating: "x", count: $0 % 40) }
        for round in 0..<3 {
            for (index, branch) in branches.enumerated() {
                let start = (round * branches.count + index) * 100
                count(line(start, from: max(0, start - 20_000), end: start + 100, branch: branch), &counter)
            }
        }
        for index in 0..<300 {
            count(
                line(index * 10, end: index * 10 + 10, orderedAt: Self.now - 40_000 - Int64(index % 150) * 30_000),
                &counter)
        }
        for index in 0..<300 { count(line(index * 10, end: index * 10 + 10), &counter) }
        let (state, batch) = counter.finish()
        #expect(batch.setAside.count == 600 && batch.setAside.allSatisfy { $0.fault == .unknownBranch })
        #expect(batch.counted == 300 && batch.repeated == 300 && batch.counts.count == 150)
        #expect(batch.counts.values.allSatisfy { $0.entries(.coffees).map(\.count) == [2] })
        #expect(state.files.count == 201 && batch.touched.count == 201)
        #expect(state.files[.init(generation: file, lane: branches[199])]?.seen.ranges == [0..<60_000])
    }

    private func fresh() -> WayState { WayState(windows: TumblingWindows(grace: 60_000)) }

    private func line(_ offset: Int, from: Int? = nil, end: Int, branch: String = "sunae", orderedAt: Int64? = nil)
        -> String
    {
        #"{"id":"\#(file):\#(offset)","span":[\#(from ?? offset),\#(end)],"branch":"\#(branch)","#
            + (orderedAt.map { #""orderedAt":"\#(Timestamp(milliseconds: $0))","# } ?? "")
            + #""customerAgeGrade":"0010","paymentMethod":"Cash","orders":["Americano"]}"#
    }

    private func count(_ line: String, _ counter: inout LineCounter, isPassed: Bool = false) {
        Array(line.utf8).withUnsafeBufferPointer { counter.count($0, isPassed: isPassed) }
    }
}
