import Contracts
import Foundation

@testable import MypageService

extension MypageFact {
    private init(_ state: State, at milliseconds: Int64) {
        self.init(eventID: UUID(), time: Timestamp(milliseconds: milliseconds), state: state)
    }

    static func mission(_ id: Int64, version: Int64, _ status: MissionStatus, at time: Int64 = 1000) -> MypageFact {
        MypageFact(
            .mission(MissionData(id: id, version: version, customerId: 7, title: "Walk", status: status)), at: time)
    }

    static func reward(
        _ id: Int64, version: Int64, mission: Int64, _ status: RewardStatus, at time: Int64 = 1000
    ) -> MypageFact {
        MypageFact(
            .reward(RewardData(id: id, version: version, missionId: mission, customerId: 7, status: status)), at: time)
    }

    static func gift(
        _ id: Int64, version: Int64, mission: Int64, _ status: GiftStatus, at time: Int64 = 1000
    ) -> MypageFact {
        MypageFact(
            .gift(
                GiftData(
                    id: id, version: version, rewardId: 1, missionId: mission, customerId: 7, name: nil,
                    status: status)), at: time)
    }

    static func message(
        _ id: Int64, version: Int64, mission: Int64?, gift: Int64? = nil, _ status: MessageStatus, at time: Int64 = 1000
    ) -> MypageFact {
        MypageFact(
            .message(
                MessageData(
                    id: id, version: version, key: "k", missionId: mission, giftId: gift, customerId: 7,
                    status: status)), at: time)
    }
}
