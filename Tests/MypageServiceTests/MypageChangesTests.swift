import Contracts
import Testing

@testable import MypageService

@Suite("A batch of facts, reduced")
struct MypageChangesTests {
    @Test("does not depend on the order nor on repeats", arguments: 1...20)
    func order(seed: UInt64) {
        let facts = RandomFacts(seed: seed, missions: 10).facts
        var generator = SplitMix(state: seed)
        #expect(MypageChanges(facts) == MypageChanges((facts + facts).shuffled(using: &generator)))
    }

    @Test("keeps the newest version of each entity and the latest time of each row")
    func newest() {
        let changes = MypageChanges([
            .reward(3, version: 2, mission: 1, .exchanged, at: 50),
            .reward(3, version: 1, mission: 1, .allocated, at: 90),
            .gift(4, version: 1, mission: 1, .exchanged, at: 60), .gift(6, version: 1, mission: 1, .exchanged, at: 70),
        ])
        #expect(changes.rows[1]?.reward == Part(id: 3, version: 2, status: "Exchanged"))
        #expect(changes.rows[1]?.gift?.id == 6)
        #expect(changes.rows[1]?.time == Timestamp(milliseconds: 90))
        #expect(changes.gifts.keys.sorted() == [4, 6])
    }
}
