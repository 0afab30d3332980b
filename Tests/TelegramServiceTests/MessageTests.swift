import Contracts
import Foundation
import Messaging
import Testing

@testable import TelegramService

struct MessageTests {
    private func message(_ status: MessageStatus) -> Message {
        Message(
            id: 1, version: 1, key: "k", missionId: nil, giftId: nil, customerId: 1, text: "x", status: status,
            reason: nil, correlationID: "c", trace: "", createdAt: .now, updatedAt: .now)
    }

    @Test func `only the transitions that are drawn are allowed`() {
        let drawn: Set<[MessageStatus]> = [
            [.queued, .sent], [.queued, .failed], [.queued, .blocked], [.queued, .uncertain], [.queued, .unlinked],
            [.unlinked, .queued],
        ]
        for from in MessageStatus.allCases {
            for to in MessageStatus.allCases {
                var message = message(from)
                if drawn.contains([from, to]) {
                    #expect(throws: Never.self) { try message.become(to, at: .now) }
                } else {
                    let error = #expect(throws: DomainError.self) { try message.become(to, at: .now) }
                    #expect(error?.kind == .conflict)
                }
            }
        }
    }

    @Test func `each change counts the version on`() throws {
        var message = message(.unlinked)
        try message.become(.queued, at: .now)
        try message.become(.failed, reason: "400", at: .now)
        #expect(message.version == 3 && message.reason == "400" && message.status == .failed)
    }

    @Test func `what Telegram would never take is refused at the door`() {
        #expect(throws: DomainError.self) { try NewMessage(key: "", customerId: 1, text: "x") }
        #expect(throws: DomainError.self) { try NewMessage(key: "k", customerId: 0, text: "x") }
        #expect(throws: DomainError.self) { try NewMessage(key: "k", customerId: 1, text: " \n\t") }
        #expect(throws: DomainError.self) { try NewMessage(key: "k", customerId: 1, text: "a\0b") }
        #expect(throws: DomainError.self) { try NewMessage(key: "k", customerId: 1, text: "x", giftId: 0) }
        #expect(throws: DomainError.self) {
            try NewMessage(key: "k", customerId: 1, text: String(repeating: "x", count: NewMessage.maxTextLength + 1))
        }
    }

    @Test func `a mission's reward makes a message that names both, once`() throws {
        let draft = try #require(
            try TelegramEvents.draft(.mission(MissionData.sample(id: 42, rewardId: 7))))
        #expect(draft.message.key == "mission-rewarded:42" && draft.message.missionId == 42)
        #expect(draft.message.text.contains("mission 42") && draft.message.text.contains("reward 7"))
        #expect(try TelegramEvents.draft(.mission(MissionData.sample(id: 42, rewardId: 7, status: .achieved))) == nil)
    }

    @Test func `a cancelled gift is told only to a customer who knew of it`() throws {
        for told in [true, false, nil] {
            let gift = GiftData(
                id: 17, version: 2, rewardId: 1, missionId: 42, customerId: 5, name: nil, status: .cancelled,
                customerTold: told)
            let draft = try TelegramEvents.draft(.gift("Cancelled", gift))
            #expect((draft != nil) == (told == true))
            if let draft {
                #expect(draft.message.key == "gift-cancelled:17" && draft.message.giftId == 17)
                #expect(draft.message.text.contains("gift 17") && !draft.message.text.contains("mission 42"))
            }
        }
    }

    @Test func `a requested notification keeps its own key and text`() throws {
        let request = NotificationRequest(
            version: 1, key: "gift-exchanged:17", giftId: 17, missionId: 42, customerId: 5, text: "gift 17 is yours")
        let draft = try #require(try TelegramEvents.draft(.gift("NotificationRequested", request)))
        #expect(draft.message.key == "gift-exchanged:17" && draft.message.text == "gift 17 is yours")
    }

    @Test func `events that cannot become a message are dead letters`() {
        #expect(throws: BadMessage.self) { try TelegramEvents.draft(.mission(.sample(id: 42, rewardId: nil))) }
        var garbage = EventEnvelope.mission(.sample(id: 42, rewardId: 7))
        garbage.data = Array("nonsense".utf8)
        #expect(throws: BadMessage.self) { try TelegramEvents.draft(garbage) }
        let empty = NotificationRequest(version: 1, key: "k", giftId: 1, missionId: 1, customerId: 5, text: " ")
        #expect(throws: BadMessage.self) { try TelegramEvents.draft(.gift("NotificationRequested", empty)) }
    }
}
