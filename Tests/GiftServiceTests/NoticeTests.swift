import Contracts
import Foundation
import Logging
import Messaging
import Outbox
import Postgres
import TestSupport
import Testing

@testable import GiftService

/// Notices, rewards' news and idempotency on a real PostgreSQL.
@Suite(.serialized, .enabled(if: TestEnvironment.hasStores, "needs make test: stores"))
struct NoticeTests {
    @Test func `telegram's answer clears the notice, and a repeated request asks telegram no more`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            let context = bench.context(key: "one")
            let first = try await bench.exchange(NewGift(rewardId: 1, name: nil), notBefore: nil, context)
            #expect(first.notification == .answered(.sent))
            let again = try await bench.exchange(NewGift(rewardId: 1, name: nil), notBefore: nil, context)
            #expect(again.notification == .answered(.sent) && again.gift.id == first.gift.id)
            #expect(bench.messenger.keys == ["gift-exchanged:\(first.gift.id)"])
            #expect(try await bench.repository.find(first.gift.id).notices == GiftNotices(exchange: .answered(.sent)))
            #expect(try await bench.told() == ["Exchanged"])
        }
    }

    @Test func `what telegram does not take is requested by an event in the same moment`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            bench.messenger.fail(true)
            let (gift, notification) = try await bench.exchange(
                NewGift(rewardId: 1, name: nil), notBefore: nil, bench.context())
            #expect(notification == .deferred)
            #expect(try await bench.repository.find(gift.id).notices == GiftNotices(exchange: .deferred))
            #expect(try await bench.told() == ["Exchanged", "NotificationRequested"])
        }
    }

    @Test func `while telegram rests, one commit does for the gift and the event that asks for its notice`()
        async throws
    {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            bench.messenger.fail(true, resting: true)
            let (gift, notification) = try await bench.exchange(
                NewGift(rewardId: 1, name: nil), notBefore: nil, bench.context())
            #expect(notification == .deferred && gift.notices == GiftNotices(exchange: .deferred))
            #expect(try await bench.told() == ["Exchanged", "NotificationRequested"])
            try await bench.take(.updated, bench.reward(1, version: 2, .exchanged, gift: gift.id))
            let used = try await bench.change(gift.id, to: .used, bench.context())
            #expect(used.notification == .deferred)
            #expect(
                try await bench.told() == ["Exchanged", "NotificationRequested", "Used", "NotificationRequested"])
            #expect(
                try await bench.repository.find(gift.id).notices == GiftNotices(exchange: .deferred, use: .deferred))
        }
    }

    @Test func `a use while telegram rests asks for the news of the exchange first, should they be pending`()
        async throws
    {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            let gift = try await bench.repository.create(
                NewGift(rewardId: 1, name: nil), deferring: false, bench.context())
            try await bench.take(.updated, bench.reward(1, version: 2, .exchanged, gift: gift.id))
            bench.messenger.fail(true, resting: true)
            _ = try await bench.change(gift.id, to: .used, bench.context())
            #expect(
                try await bench.keys() == ["gift-exchanged:\(gift.id)", "gift-used:\(gift.id)"])
        }
    }

    @Test func `a use after a deferred exchange tells telegram of both, the exchange first`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            bench.messenger.fail(true)
            let (gift, _) = try await bench.exchange(NewGift(rewardId: 1, name: nil), notBefore: nil, bench.context())
            try await bench.take(.updated, bench.reward(1, version: 2, .exchanged, gift: gift.id))
            bench.messenger.fail(false)
            #expect(try await bench.change(gift.id, to: .used, bench.context()).notification == .answered(.sent))
            #expect(bench.messenger.keys.suffix(2) == ["gift-exchanged:\(gift.id)", "gift-used:\(gift.id)"])
            #expect(
                try await bench.repository.find(gift.id).notices
                    == GiftNotices(exchange: .answered(.sent), use: .answered(.sent)))
        }
    }

    @Test func `a repeat while the first request is still telling is told to wait`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            // As if the process had died between commit and call.
            _ = try await bench.repository.create(
                NewGift(rewardId: 1, name: nil), deferring: false, bench.context(key: "one"))
            let refusal = await #expect(throws: DomainError.self) {
                try await bench.exchange(NewGift(rewardId: 1, name: nil), notBefore: nil, bench.context(key: "one"))
            }
            #expect(refusal?.slug == "idempotency-key-in-flight" && refusal?.retryAfter == 1)
            #expect(bench.messenger.keys.isEmpty)
        }
    }

    @Test func `forgotten notices go out as events, once however many replicas look for them`() async throws {
        try await GiftBench.with(patience: .milliseconds(-1)) { bench in
            try await bench.allocate(1...300)
            for reward in Int64(1)...300 {
                _ = try await bench.repository.create(
                    NewGift(rewardId: reward, name: nil), deferring: false, bench.context())
            }
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await bench.repository.deferForgotten(limit: 50) } }
                return try await group.reduce(into: 0) { $0 += $1 }
            }
            let rest = try await bench.repository.deferForgotten(limit: 500)
            #expect(counts + rest == 300)
            #expect(try await bench.repository.deferForgotten(limit: 500) == 0)
            #expect(try await bench.told().count { $0 == "NotificationRequested" } == 300)
        }
    }

    @Test func `a notice whose time has not come is left to its request`() async throws {
        try await GiftBench.with(patience: .seconds(60)) { bench in
            try await bench.allocate(1...1)
            _ = try await bench.repository.create(NewGift(rewardId: 1, name: nil), deferring: false, bench.context())
            #expect(try await bench.repository.deferForgotten(limit: 10) == 0)
        }
    }

    @Test func `a cancellation comes after the news of the exchange, though the call is still under way`() async throws
    {
        try await GiftBench.with { bench in
            try await bench.allocate(1...1)
            let gift = try await bench.repository.create(
                NewGift(rewardId: 1, name: nil), deferring: false, bench.context())
            try await bench.take(.updated, bench.reward(1, version: 2, .revoked))
            #expect(try await bench.repository.find(gift.id).status == .cancelled)
            #expect(try await bench.told() == ["Exchanged", "NotificationRequested", "Cancelled"])
            // The call's own outcome changes nothing any more, and asks for nothing twice.
            try await bench.repository.settle(gift.id, [.exchanged], [:], bench.context())
            #expect(try await bench.told().count == 3)
        }
    }

    @Test func `news of rewards take effect whatever their order, and once`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...2)
            let first = try await bench.repository.create(
                NewGift(rewardId: 1, name: nil), deferring: false, bench.context())
            try await bench.take(.updated, bench.reward(1, version: 3, .used, gift: first.id))
            // Older news are nothing new.
            try await bench.take(.updated, bench.reward(1, version: 2, .revoked))
            #expect(try await bench.repository.find(first.id).isConfirmed)
            // A rejection of a gift that is confirmed cannot be; if it came, it would change nothing.
            try await bench.reject(reward: 1, gift: first.id)
            #expect(try await bench.repository.find(first.id).status == .exchanged)

            let second = try await bench.repository.create(
                NewGift(rewardId: 2, name: nil), deferring: false, bench.context())
            for _ in 0..<2 { try await bench.reject(reward: 2, gift: second.id) }
            #expect(try await bench.repository.find(second.id).status == .cancelled)
            #expect(try await bench.told().count { $0 == "Cancelled" } == 1)
        }
    }

    @Test func `a reward has one live gift, also for two writers at once`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(1...40)
            let other = PostgresGiftRepository(pool: bench.pool, store: bench.store)
            let passed = await withTaskGroup(of: Int.self) { group in
                for reward in Int64(1)...40 {
                    for repository in [bench.repository, other, bench.repository, other] {
                        group.addTask {
                            let gift = try? await repository.create(
                                NewGift(rewardId: reward, name: nil), deferring: false, WriteContext())
                            return gift == nil ? 0 : 1
                        }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(passed == 40)
        }
    }

    @Test func `versions that are known here are seen, a mission by its reward`() async throws {
        try await GiftBench.with { bench in
            try await bench.allocate(7...7)
            let gift = try await bench.repository.create(
                NewGift(rewardId: 7, name: nil), deferring: false, bench.context())
            #expect(try await bench.repository.seen(ConsistencyToken(.reward, id: 7, version: 1)) == 1)
            #expect(try await bench.repository.seen(ConsistencyToken(.reward, id: 8, version: 1)) == 0)
            #expect(try await bench.repository.seen(ConsistencyToken(.gift, id: gift.id, version: 1)) == 1)
            #expect(try await bench.repository.seen(ConsistencyToken(.mission, id: 1_007, version: 2)) >= 2)
            #expect(try await bench.repository.seen(ConsistencyToken(.mission, id: 7, version: 1)) == 0)
        }
    }
}
