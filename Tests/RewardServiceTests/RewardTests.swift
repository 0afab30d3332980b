import Contracts
import Testing

@testable import RewardService

@Suite struct RewardTests {
    private let start = Timestamp(milliseconds: 1_000)
    private let later = Timestamp(milliseconds: 2_000)

    @Test func `an allocated reward can be revoked once`() throws {
        var reward = Reward(id: 1, RewardGrant(missionId: 2, customerId: 3), at: start)
        try reward.change(to: .revoked, at: later)
        #expect((reward.status, reward.version, reward.updatedAt) == (.revoked, 2, later))
        #expect(throws: DomainError.self) { try reward.change(to: .revoked, at: later) }
    }

    @Test(arguments: RewardStatus.allCases, RewardStatus.allCases)
    func `a transition that is not drawn is refused`(from: RewardStatus, to: RewardStatus) {
        guard (from, to) != (.allocated, .revoked) else { return }
        var reward = Reward(
            id: 1, version: 1, missionId: 2, customerId: 3, giftId: nil, status: from, createdAt: start,
            updatedAt: start)
        #expect { try reward.change(to: to, at: later) } throws: {
            ($0 as? DomainError)?.slug == "reward-transition-refused"
        }
    }

    private func reward(_ status: RewardStatus, gift: Int64? = nil) -> Reward {
        Reward(
            id: 1, version: 1, missionId: 2, customerId: 3, giftId: gift, status: status, createdAt: start,
            updatedAt: start)
    }

    @Test func `a reward is bound to the first gift that asks, for good`() {
        var reward = reward(.allocated)
        let first = reward.exchange(for: 7, at: later)
        #expect(first == .done)
        #expect((reward.status, reward.giftId, reward.version) == (.exchanged, 7, 2))
        let (again, other) = (reward.exchange(for: 7, at: later), reward.exchange(for: 8, at: later))
        #expect(again == .repeated && other == .refused(.exchangedForAnotherGift))
        #expect((reward.giftId, reward.version) == (7, 2))
        #expect(throws: DomainError.self) { try reward.change(to: .revoked, at: later) }
    }

    @Test func `a revoked reward is exchanged for nothing`() {
        var reward = reward(.revoked)
        let outcome = reward.exchange(for: 7, at: later)
        #expect(outcome == .refused(.revoked))
        #expect((reward.status, reward.giftId, reward.version) == (.revoked, nil, 1))
    }

    @Test func `a use concerns the gift that the reward is bound to, and once`() {
        var reward = reward(.exchanged, gift: 7)
        let (other, first) = (reward.use(by: 8, at: later), reward.use(by: 7, at: later))
        let again = reward.use(by: 7, at: later)
        #expect(!other && first && !again)
        #expect((reward.status, reward.version) == (.used, 2))
        let late = reward.exchange(for: 7, at: later)
        #expect(late == .repeated, "the news of the exchange, come late")
    }
}
