import Testing

@testable import MypageService

@Suite("The progress of a rebuild")
struct RebuildProgressTests {
    private let first = RebuildProgress.Place(topic: "game.mission", partition: 0)
    private let second = RebuildProgress.Place(topic: "game.reward", partition: 3)

    @Test("is caught up when every partition has come to its end, and not before")
    func caughtUp() {
        var progress = RebuildProgress([first: .init(oldest: 0, end: 10), second: .init(oldest: 0, end: 4)])
        progress.advance(first, to: 10)
        #expect(!progress.isCaughtUp && progress.done == 10 && progress.total == 14)
        progress.advance(second, to: 3)
        progress.advance(second, to: 2)
        #expect(!progress.isCaughtUp && progress.done == 13)
        progress.advance(second, to: 90)
        #expect(progress.isCaughtUp && progress.done == 14)
    }

    @Test("does not wait for messages that are not there")
    func markers() {
        var progress = RebuildProgress([first: .init(oldest: 0, end: 10), second: .init(oldest: 0, end: 0)])
        progress.advance(first, to: 9)
        progress.finish(first)
        progress.finish(second)
        #expect(progress.isCaughtUp)
    }

    @Test("knows partitions whose beginning is gone")
    func headless() {
        let progress = RebuildProgress([first: .init(oldest: 0, end: 10), second: .init(oldest: 2, end: 4)])
        #expect(progress.headless == [second])
        #expect(RebuildProgress([:]).isCaughtUp)
    }
}
