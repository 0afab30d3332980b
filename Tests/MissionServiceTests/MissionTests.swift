import Contracts
import Testing

@testable import MissionService

@Suite struct MissionTests {
    private let start = Timestamp(milliseconds: 1_000)
    private let later = Timestamp(milliseconds: 2_000)

    private func mission(_ status: MissionStatus) -> Mission {
        Mission(id: 1, NewMission(customerId: 7, title: "Run", status: status), at: start)
    }

    @Test func `a created mission can be achieved once`() throws {
        var mission = mission(.created)
        try mission.change(to: .achieved, at: later)
        #expect((mission.status, mission.version, mission.updatedAt) == (.achieved, 2, later))
        #expect(throws: DomainError.self) { try mission.change(to: .achieved, at: later) }
        #expect(mission.version == 2)
    }

    @Test(arguments: [
        (MissionStatus.created, MissionStatus.created), (.created, .rewardAllocated), (.achieved, .created),
        (.achieved, .achieved), (.achieved, .rewardAllocated),
    ])
    func `a transition that is not drawn is refused`(from: MissionStatus, to: MissionStatus) {
        var mission = mission(from)
        #expect { try mission.change(to: to, at: later) } throws: {
            ($0 as? DomainError)?.slug == "mission-transition-refused"
        }
        #expect(mission.version == 1)
    }

    @Test func `a reward is allocated once and only to an achieved mission`() {
        var created = mission(.created)
        let isEarly = created.allocate(rewardId: 5, at: later)
        var achieved = mission(.achieved)
        let isFirst = achieved.allocate(rewardId: 5, at: later)
        let isAgain = achieved.allocate(rewardId: 6, at: later)
        #expect((isEarly, isFirst, isAgain) == (false, true, false))
        #expect((achieved.status, achieved.rewardId, achieved.version) == (.rewardAllocated, 5, 2))
    }

    @Test func `news of the message never go backwards and make no new version`() {
        var mission = mission(.achieved)
        let sent = MissionMessage(id: 9, version: 2, status: .sent)
        let isNews = mission.note(sent)
        let isOld = mission.note(MissionMessage(id: 9, version: 1, status: .queued))
        let isKnown = mission.note(sent)
        #expect((isNews, isOld, isKnown) == (true, false, false))
        #expect((mission.message, mission.version) == (sent, 1))
    }
}
