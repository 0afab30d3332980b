import Contracts
import Foundation
import TestSupport
import Testing

@testable import TelegramService

@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct ChatLinkTests {
    @Test func `messages to a customer without a chat wait for the link`() async throws {
        try await TestStore.with { store in
            let ids = try await store.queue(["a", "b"])
            for id in ids { #expect(try await store.messages.find(id).status == .unlinked) }
            try await store.link(5, 55)
            let claims = try await store.queue.claim(upTo: 10).claims
            #expect(claims.map(\.messageId) == [ids[0]])
            #expect(try await store.told()[ids[1]] == ["Unlinked 1", "Queued 2"])
        }
    }

    @Test func `a day later the link comes too late`() async throws {
        try await TestStore.with { store in
            let ids = try await store.queue(["old", "new"])
            try await store.execute(
                "UPDATE messages SET created_at = now() - interval '24 hours 1 second' WHERE id = $1", [.int8(ids[0])])
            try await store.link(5, 55)
            #expect(try await store.messages.find(ids[0]).status == .unlinked)
            #expect(try await store.messages.find(ids[1]).status == .queued)
        }
    }

    @Test func `taking the link away holds back what is queued, not what is on its way`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let ids = try await store.queue(["a", "b"])
            let claim = try #require(try await store.queue.claim(upTo: 1).claims.first)
            _ = try await store.chats.change(.unlink(customerId: 5), WriteContext())
            #expect(try await store.messages.find(ids[0]).status == .queued)
            #expect(try await store.messages.find(ids[1]).status == .unlinked)
            // Its outcome sends it back to the queue: by then there is no chat.
            _ = try await store.queue.settle(
                claim, Settlement(next: .again(partsSent: 0, attempts: 1), pause: .zero))
            #expect(try await store.messages.find(ids[0]).status == .unlinked)
            await #expect(throws: DomainError.self) { try await store.chats.find(5) }
            await #expect(throws: DomainError.self) {
                try await store.chats.change(.unlink(customerId: 5), WriteContext())
            }
            try await store.link(5, 56)
            #expect(try await store.queue.claim(upTo: 10).claims.map(\.chatId) == [56])
        }
    }

    @Test func `another chat gets what is queued`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let ids = try await store.queue(["a", "b"])
            try await store.link(5, 77)
            let claim = try #require(try await store.queue.claim(upTo: 10).claims.first)
            #expect(claim.messageId == ids[0] && claim.chatId == 77)
            #expect(try await store.chats.find(5).version == 2)
            try await store.link(5, 77)
            #expect(try await store.chats.find(5).version == 2)
        }
    }

    @Test func `a code links once; the same update again does no harm`() async throws {
        try await TestStore.with { store in
            let handle = HandleUpdate(codes: store.codes, repository: store.chats, desk: store.desk)
            let code = try await store.chats.issueCode(5, WriteContext()).code
            #expect(try await handle(text: "/start \(code)", chatId: 55, WriteContext()) == .linked(customerId: 5))
            #expect(try await handle(text: "/start \(code)", chatId: 55, WriteContext()) == .linked(customerId: 5))
            #expect(try await store.chats.find(5).chatId == 55)
            let stolen = try await handle(text: "/start \(code)", chatId: 66, WriteContext())
            #expect(stolen == .refused("The code has been used; ask for a new one."))
            #expect(try await store.chats.find(5).chatId == 55)
            #expect(try await handle(text: "/start forged", chatId: 66, WriteContext()) != .ignored)
            #expect(try await handle(text: "hello", chatId: 66, WriteContext()) == .ignored)
        }
    }

    @Test func `no message stays unlinked beside a link that is made at the same moment`() async throws {
        try await TestStore.with { store in
            for round in 1...30 as ClosedRange<Int64> {
                async let linking: Void = store.link(round, round)
                async let queueing = store.queue(["a", "b", "c"], customer: round)
                _ = try await (linking, queueing)
            }
            #expect(try await store.count(.unlinked) == 0)
            #expect(try await store.count(.queued) == 90)
        }
    }
}
