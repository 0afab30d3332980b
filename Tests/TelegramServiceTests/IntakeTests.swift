import Contracts
import Foundation
import Messaging
import TestSupport
import Testing

@testable import TelegramService

@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct IntakeTests {
    @Test func `events twice and again under new ids make one message each, in their order`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let events = (1...20).map { EventEnvelope.mission(.sample(id: $0, rewardId: $0)) }
            #expect(try await store.take(events + events) == AppliedBatch(applied: 20, duplicates: 20))
            #expect(try await store.take(events) == AppliedBatch(applied: 0, duplicates: 20))
            let again = (1...20).map { EventEnvelope.mission(.sample(id: $0, rewardId: $0)) }
            #expect(try await store.take(again).applied == 20)
            let page = try await store.messages.list(MessageFilter(), PageRequest())
            #expect(page.items.map(\.missionId) == (1...20).map { Int64($0) })
            #expect(try await store.told().values.allSatisfy { $0 == ["Queued 1"] })
        }
    }

    @Test func `one bad event takes nothing else in, so that it can be set aside alone`() async throws {
        try await TestStore.with { store in
            let good = EventEnvelope.mission(.sample(id: 1, rewardId: 1))
            await #expect(throws: BadMessage.self) {
                try await store.take([good, .mission(.sample(id: 2, rewardId: nil))])
            }
            let none = try await store.messages.list(MessageFilter(), PageRequest())
            #expect(none.items.isEmpty)
            let batch = try await store.take([good])
            #expect(batch.applied == 1)
        }
    }

    @Test func `the same key from requests and events at once makes one message`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let draft = try NewMessage(key: "mission-rewarded:1", customerId: 5, text: "mission 1")
            let results = try await withThrowingTaskGroup(of: Submission.self) { group in
                for _ in 1...20 {
                    group.addTask { try await store.messages.submit(draft, mayClaim: true, WriteContext()) }
                }
                group.addTask {
                    _ = try await store.take([.mission(.sample(id: 1, rewardId: 1))])
                    return try await store.messages.submit(draft, mayClaim: false, WriteContext())
                }
                return try await group.reduce(into: [Submission]()) { $0.append($1) }
            }
            #expect(Set(results.map(\.id)).count == 1)
            #expect(results.count { $0.claim != nil } <= 1 && results.count(where: \.isNew) <= 1)
            #expect(try await store.told().values.allSatisfy { $0 == ["Queued 1"] })
        }
    }

    @Test func `filters and pages`() async throws {
        try await TestStore.with { store in
            _ = try await store.take((1...5).map { .mission(.sample(id: $0, customer: $0, rewardId: 1)) })
            let request = NotificationRequest(
                version: 1, key: "g", giftId: 17, missionId: 3, customerId: 3, text: "gift 17")
            _ = try await store.take([.gift("NotificationRequested", request)])
            func keys(_ filter: MessageFilter) async throws -> [String] {
                try await store.messages.list(filter, PageRequest()).items.map(\.key)
            }
            #expect(try await keys(MessageFilter(missionId: 3)) == ["mission-rewarded:3", "g"])
            #expect(try await keys(MessageFilter(giftId: 17)) == ["g"])
            #expect(try await keys(MessageFilter(key: "g", customerId: 3, status: .unlinked)) == ["g"])
            #expect(try await keys(MessageFilter(status: .sent)) == [])
            let first = try await store.messages.list(MessageFilter(), PageRequest(limit: 4))
            let second = try await store.messages.list(MessageFilter(), PageRequest(limit: 4, after: first.next))
            #expect(first.items.count == 4 && second.items.count == 2 && second.next == nil)
        }
    }
}
