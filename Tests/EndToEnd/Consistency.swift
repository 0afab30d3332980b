import TestSupport
import Testing

extension GameSuite {
    /// What must hold after any trouble: every mission has one reward and one complete row that equals the sources,
    /// and nobody was told twice.
    ///
    /// - Parameter maxUncertain: How many requests towards Telegram can have been in flight at kills.
    func expectConsistency(missionIDs: Set<Int64>, maxUncertain: Int) async throws {
        let missions = try await missions()
        let rewards = try await rewards()
        let telegrams = try await telegrams()
        let rows = try await mypages()
        #expect(missionIDs.isSubset(of: missions.map(\.id)), "an answered mission is gone")
        #expect(missions.allSatisfy { $0.status == "RewardAllocated" })
        #expect(rewards.count == missions.count)
        #expect(Set(rewards.map(\.missionId)) == Set(missions.map(\.id)))
        #expect(rows.count == missions.count)
        #expect(telegrams.count == missions.count)
        #expect(Set(telegrams.map(\.key)).count == telegrams.count)
        let rewardOf = Dictionary(rewards.map { ($0.missionId, $0) }, uniquingKeysWith: { first, _ in first })
        let messageOf = Dictionary(telegrams.map { ($0.missionId, $0) }, uniquingKeysWith: { first, _ in first })
        let rowOf = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var differing: [Int64] = []
        for mission in missions {
            let (row, reward, message) = (rowOf[mission.id], rewardOf[mission.id], messageOf[mission.id])
            let isEqual =
                row?.missionStatus == mission.status && row?.title == mission.title
                && row?.customerId == mission.customerId && row?.rewardId == reward?.id
                && mission.rewardId == reward?.id && row?.rewardStatus == reward?.status
                && row?.telegramId == message?.id && row?.telegramStatus == message?.status
                && mission.telegramStatus == message?.status
            if !isEqual { differing.append(mission.id) }
        }
        #expect(differing.isEmpty, "rows that differ from their sources: \(differing.prefix(5))")
        try await expectMessages(telegrams, maxUncertain: maxUncertain)
    }

    private func expectMessages(_ telegrams: [TelegramView], maxUncertain: Int) async throws {
        var received: [Int64: Int] = [:]
        for message in try await sandboxMessages() {
            let digits = message.text.drop { !$0.isNumber }.prefix { $0.isNumber }
            guard message.text.contains("mission "), let id = Int64(digits) else { continue }
            received[id, default: 0] += 1
        }
        #expect(received.values.allSatisfy { $0 == 1 }, "a message arrived twice")
        let sent = telegrams.filter { $0.status == "Sent" }.compactMap(\.missionId)
        #expect(sent.allSatisfy { received[$0] == 1 }, "a message that is Sent did not arrive")
        let uncertain = telegrams.count { $0.status == "Uncertain" }
        #expect(uncertain <= maxUncertain, "\(uncertain) messages are Uncertain")
    }

    /// Waits until every outbox is empty, no message waits, and the rows have caught up.
    func settle(missions count: Int, within limit: Duration = .seconds(180)) async throws {
        try await waitForCompleteRows(count, within: limit)
        let isSettled = await eventually(within: limit, every: .milliseconds(300)) {
            for service in ["mission", "reward", "telegram", "gift"] {
                guard let pending = try? await metric("outbox_pending", of: self[service]), pending == 0 else {
                    return false
                }
            }
            let telegrams = (try? await self.telegrams()) ?? []
            let rows = (try? await mypages()) ?? []
            let missions = (try? await missions()) ?? []
            let final = Dictionary(telegrams.map { ($0.missionId, $0.status) }, uniquingKeysWith: { first, _ in first })
            return telegrams.count >= count && !telegrams.contains { $0.status == "Queued" }
                && rows.allSatisfy { $0.telegramStatus == final[$0.id] }
                && missions.allSatisfy { $0.telegramStatus == final[$0.id] }
        }
        guard isSettled else { throw TestFailure("it did not come to rest") }
    }
}
