import Testing

@testable import Kafka

@Suite("Commits")
struct CommitStateTests {
    private let one = TopicPartition(topic: "t", partition: 0)
    private let two = TopicPartition(topic: "t", partition: 1)

    private var state: CommitState {
        var state = CommitState()
        state.assign([one, two])
        return state
    }

    @Test("The first is sent at once; what comes meanwhile follows it, and the latest wins")
    func latestWins() {
        var state = state
        #expect(state.request([one: 10]) == [one: 10])
        #expect(state.request([one: 20]) == nil)
        #expect(state.request([one: 30, two: 5]) == nil)
        #expect(state.unconfirmed == [one: 30, two: 5])
        #expect(state.finished(failed: [], now: .now) == [one: 30, two: 5])
        #expect(state.finished(failed: [], now: .now) == nil)
        #expect(state.unconfirmed.isEmpty)
        #expect(state.requested == [one: 30, two: 5])
    }

    @Test("What failed is tried again after a pause, unless something newer was asked for")
    func retry() {
        var state = state
        let now = ContinuousClock.now
        _ = state.request([one: 10, two: 10])
        _ = state.request([one: 20])
        #expect(state.finished(failed: [one, two], now: now) == nil)
        #expect(state.due(now: now) == nil)
        #expect(state.due(now: now + CommitState.retryPause) == [one: 20, two: 10])
    }

    @Test("A partition that has left is not committed any more")
    func revoked() {
        var state = state
        _ = state.request([one: 10])
        _ = state.request([one: 20, two: 20])
        state.revoke([one])
        #expect(state.finished(failed: [one], now: .now) == [two: 20])
        #expect(state.request([one: 30]) == nil)
    }

    @Test("What was committed while waiting is not sent again")
    func confirmedOtherwise() {
        var state = state
        _ = state.request([one: 20])
        state.confirm([one: 20])
        #expect(state.unconfirmed.isEmpty)
        #expect(state.finished(failed: [one], now: .now) == nil)
    }
}
