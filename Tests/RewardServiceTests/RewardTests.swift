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
}
