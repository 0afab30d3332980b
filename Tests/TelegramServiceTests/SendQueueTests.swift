import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

@testable import TelegramService

/// The queue in a real database.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct SendQueueTests {
    private let rules = SettlementRules(limits: BotLimits(rate: 10_000, chatRate: 1000, groupRate: 60_000))

    private func settle(_ store: TestStore, _ claim: Claim, _ result: SendResult) async throws -> Message? {
        let parts = TextSplitter.parts(of: claim.text).count
        return try await store.queue.settle(claim, rules.settle(claim, result, parts: parts))
    }

    private func claimOne(_ store: TestStore) async throws -> Claim {
        var claims: [Claim] = []
        _ = try await eventually {
            claims = try await store.queue.claim(upTo: 1).claims
            return !claims.isEmpty
        }
        return try #require(claims.first)
    }

    /// As when their time has passed.
    private func endLeases(_ store: TestStore) async throws {
        try await store.execute(
            "UPDATE lanes SET lease_until = clock_timestamp() - interval '1 second' WHERE claim IS NOT NULL")
    }

    @Test func `messages of a chat go one at a time, in their order`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let ids = try await store.queue(["one", "two", "three"])
            for (id, text) in zip(ids, ["one", "two", "three"]) {
                let claim = try await claimOne(store)
                #expect(claim.messageId == id && claim.text == text && claim.chatId == 55)
                #expect(try await store.queue.claim(upTo: 10).claims.isEmpty)
                #expect(try await settle(store, claim, .delivered)?.status == .sent)
            }
            let told = try await store.told()
            #expect(ids.allSatisfy { told[$0] == ["Queued 1", "Sent 2"] } && told.count == 3)
            #expect(try await store.queue.claim(upTo: 10).claims.isEmpty)
            #expect(try await store.queue.nextReady() == nil)
        }
    }

    @Test func `a chat rests after each message, others go on`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            try await store.link(6, 66)
            try await store.queue(["a", "b"], customer: 5)
            try await store.queue(["c"], customer: 6)
            let claims = try await store.queue.claim(upTo: 10).claims
            #expect(Set(claims.map(\.text)) == ["a", "c"])
            let first = try #require(claims.first { $0.text == "a" })
            _ = try await store.queue.settle(
                first, Settlement(next: .done(.sent, reason: nil), pause: .seconds(600), note: .delivered))
            #expect(try await store.queue.claim(upTo: 10).claims.isEmpty)
            let wait = try #require(try await store.queue.nextReady())
            #expect(wait > .seconds(500) && wait < .seconds(601))
        }
    }

    @Test func `the limit holds over all replicas and chats`() async throws {
        try await TestStore.with(rate: 20) { store in
            for customer in 1...60 as ClosedRange<Int64> {
                try await store.link(customer, customer)
                try await store.queue(["x"], customer: customer)
            }
            // A slow store claims less often, never more.
            var claimed = 0
            let begin = ContinuousClock.now
            while claimed < 40, begin.duration(to: .now) < .seconds(60) {
                async let one = store.queue.claim(upTo: 5)
                async let two = store.queue.claim(upTo: 5)
                claimed += try await one.claims.count + two.claims.count
                try await Task.sleep(for: .milliseconds(5))
            }
            let seconds = begin.duration(to: .now) / .seconds(1)
            #expect(claimed >= 40 && Double(claimed) <= 20 * seconds + 3, "\(claimed) in \(seconds) s")
        }
    }

    @Test func `429 makes its chat wait, survives a restart and uses up no attempt`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            try await store.link(6, 66)
            try await store.queue(["a"], customer: 5)
            let claim = try await claimOne(store)
            #expect(try await settle(store, claim, .tooFast(retryAfter: .seconds(60)))?.status == .queued)
            try await store.queue(["b"], customer: 6)
            #expect(try await claimOne(store).text == "b")
            // Nothing of it is in this process: another one sees the same.
            let other = PostgresSendQueue(
                pool: store.pool,
                claims: Claims(owner: "other", lease: .seconds(15), requestTimeout: .seconds(10)), rate: 10_000)
            #expect(try await other.claim(upTo: 10).claims.isEmpty)
            try await store.execute("UPDATE lanes SET ready_at = now() WHERE chat_id = 55")
            let again = try #require(try await other.claim(upTo: 10).claims.first)
            #expect(again.messageId == claim.messageId && again.attempts == 0)
        }
    }

    @Test func `429 for three chats in a row stops all chats`() async throws {
        try await TestStore.with { store in
            for customer in 1...4 as ClosedRange<Int64> {
                try await store.link(customer, customer)
                try await store.queue(["x"], customer: customer)
            }
            let claims = try await store.queue.claim(upTo: 3).claims
            #expect(claims.count == 3)
            for claim in claims { _ = try await settle(store, claim, .tooFast(retryAfter: .seconds(60))) }
            let round = try await store.queue.claim(upTo: 10)
            #expect(round.claims.isEmpty && (round.pause ?? .zero) > .seconds(25))
        }
    }

    @Test func `a claim whose lease ran out is uncertain, and a late answer changes nothing`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let ids = try await store.queue(["a", "b"])
            let claim = try await claimOne(store)
            #expect(try await store.queue.sweep(except: []) == 0)
            try await endLeases(store)
            #expect(try await store.queue.sweep(except: [claim.token]) == 0)
            #expect(try await store.queue.sweep(except: []) == 1)
            #expect(try await store.messages.find(ids[0]).status == .uncertain)
            #expect(try await settle(store, claim, .delivered) == nil)
            #expect(try await settle(store, claim, .tooFast(retryAfter: .seconds(1))) == nil)
            let message = try await store.messages.find(ids[0])
            #expect(message.status == .uncertain && message.version == 2 && message.reason != nil)
            #expect(try await claimOne(store).text == "b")
            #expect(try await store.told()[ids[0]] == ["Queued 1", "Uncertain 2"])
        }
    }

    @Test func `a long text goes out in parts, each claimed before it goes and none twice`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let text = ["a", "b", "c"].map { String(repeating: $0, count: 4000) }.joined(separator: "\n")
            let id = try #require(try await store.queue([text, "next"]).first)
            for part in 0..<2 {
                let claim = try await claimOne(store)
                #expect(claim.messageId == id && claim.partsSent == part)
                #expect(try await settle(store, claim, .delivered)?.status == .queued)
            }
            let last = try await claimOne(store)
            #expect(last.messageId == id && last.partsSent == 2)
            // The process dies during the third part.
            try await endLeases(store)
            #expect(try await store.queue.sweep(except: []) == 1)
            #expect(try await store.messages.find(id).status == .uncertain)
            #expect(try await claimOne(store).text == "next")
            #expect(try await store.told()[id] == ["Queued 1", "Uncertain 2"])
        }
    }

    @Test func `a group that moved takes its queue and its link along`() async throws {
        try await TestStore.with { store in
            try await store.link(5, -7)
            let ids = try await store.queue(["a", "b"])
            let claim = try await claimOne(store)
            #expect(try await settle(store, claim, .migrated(to: -1007))?.status == .queued)
            #expect(try await store.chats.find(5).chatId == -1007)
            for id in ids {
                let next = try await claimOne(store)
                #expect(next.messageId == id && next.chatId == -1007)
                #expect(try await settle(store, next, .delivered)?.status == .sent)
            }
        }
    }

    @Test func `sending stops while the Bot API is away, and one replica asks for all`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            try await store.queue(["a"])
            _ = try await settle(store, try await claimOne(store), .notSent("away", isPeerAway: true))
            #expect(try await store.queue.claim(upTo: 10).isProbeDue)
            #expect(try await store.queue.status().trouble == "away")
            #expect(try await store.queue.limiter { $0.beginProbe(timeout: .seconds(10), now: $1) })
            #expect(try await !store.queue.limiter { $0.beginProbe(timeout: .seconds(10), now: $1) })
            try await store.queue.limiter { $0.endProbe(nil, now: $1) }
            #expect(try await claimOne(store).text == "a")
        }
    }

    @Test func `an idle queue is not written to`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            try await store.queue(["a"])
            _ = try await settle(store, try await claimOne(store), .delivered)
            _ = try await eventually {
                _ = try await store.queue.claim(upTo: 1)
                return try await store.queue.nextReady() == nil
            }
            let before = try await store.queue.status()
            for _ in 1...3 { #expect(try await store.queue.nextReady() == nil) }
            #expect(try await store.queue.status() == before)
        }
    }
}
