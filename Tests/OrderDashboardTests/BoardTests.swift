import Orders
import Testing

@testable import OrderDashboard

@Suite struct BoardTests {
    @Test func `A viewer gets what changed since it last looked, each window once and whole`() {
        var board = Board()
        board.apply(window("sunae", 0, 1))
        board.apply(window("migeum", 0, 1))
        let seen = board.revision
        #expect(board.changes(since: 0).count == 2 && board.changes(since: seen).isEmpty)
        for count in 2...9 { board.apply(window("sunae", 0, count)) }
        #expect(board.changes(since: seen) == [window("sunae", 0, 9)])
        #expect(board.changes(since: seen, branch: "migeum").isEmpty)
    }

    @Test func `What is the same again is no change, and what has grown says by how many orders`() {
        var board = Board()
        #expect(board.apply(window("sunae", 0, 3)) == 3)
        #expect(board.apply(window("sunae", 0, 3)) == nil)
        #expect(board.apply(window("sunae", 0, 8)) == 5)
    }

    @Test func `It keeps the latest windows of each branch and no more`() {
        var board = Board()
        for number in 0..<100 { board.apply(window("sunae", Int64(number * 30), 1)) }
        #expect(board.changes(since: 0).map(\.date.seconds).first == Int64((100 - Board.windowsPerBranch) * 30))
        #expect(board.apply(window("sunae", 0, 5)) == nil)
        #expect(board.changes(since: 0).count == Board.windowsPerBranch)
    }

    @Test func `The rate is that of the last ten whole seconds`() {
        var rates = RateMeter()
        for second in Int64(0)..<30 { rates.add(5, branch: "sunae", second: second) }
        #expect(rates.rate("sunae", second: 30) == 5)
        #expect(rates.rate("sunae", second: 35) == 2.5)
        #expect(rates.rate("sunae", second: 50) == 0)
    }

    @Test func `An event's id names the process and the revision`() {
        let id = EventID(epoch: "x7", revision: 12)
        #expect(EventID(id.description) == id)
        for text in ["", "12", "x-y", "x-1-2", "x--1"] { #expect(EventID(text) == nil, "\(text)") }
    }

    private func window(_ branch: String, _ seconds: Int64, _ count: Int) -> ChartWindow {
        ChartWindow(branch: branch, date: WindowDate(seconds: seconds), counts: [.paymentMethods: ["Cash": count]])
    }
}
