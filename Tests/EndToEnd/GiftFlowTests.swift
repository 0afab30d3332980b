import Contracts
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Exchange, use and compensation, with telegram well.
    @Suite struct GiftFlowTests {
        /// Telegram is well, and a busy machine does not make it ill: its bounds are other tests' matter.
        static let settings = [
            "telegram": ["TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000"],
            "gift": [
                "TELEGRAM_DEADLINE": "20s", "TELEGRAM_BREAKER_PROBE_TIMEOUT": "30s",
                "TELEGRAM_BREAKER_SLOW_CALL": "20s",
            ],
        ]

        @Test func `a reward is exchanged, its gift is used, and the customer hears of both`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...3)
                let reward = try await suite.prepareRewards(3, customers: 3)[0]
                // A chat's messages go one by one: while the reward's is under way, the gift's would be Queued.
                try await suite.settleGifts()
                let answer = try await suite.exchange(
                    reward.id, headers: ["Idempotency-Key": "one", "correlationid": "exchange-1"])
                try #require(answer.status == 201, "\(answer.text)")
                let gift: GiftView = try answer.decode()
                #expect(answer[header: "location"] == "/gifts/\(gift.id)")
                #expect(answer[header: "consistency-token"] == "gift/\(gift.id)@1")
                #expect((gift.status, gift.confirmed, gift.name) == ("Exchanged", false, "Cup"))
                #expect((gift.missionId, gift.customerId) == (reward.missionId, reward.customerId))
                #expect(gift.notification == "Sent")
                let token = try #require(answer[header: "consistency-token"])
                let row = try await suite.http.get(
                    "\(suite["mypage"].url)/mypages/\(reward.missionId)", headers: ["Consistency-Token": token])
                #expect(try row.decode(MypageView.self).giftStatus == "Exchanged")

                let again = try await suite.exchange(reward.id, headers: ["Idempotency-Key": "one"])
                #expect(again.status == 201 && again.body == answer.body, "the first answer again: \(again.text)")
                #expect(try await suite.exchange(reward.id).status == 409, "it has been exchanged")
                #expect(try await eventually(within: .seconds(60)) { try await suite.gift(gift.id).confirmed })
                #expect(try await suite.revoke(reward.id).status == 409, "it is the customer's")

                let used = try await suite.use(gift.id, headers: ["Idempotency-Key": "two"])
                try #require(used.status == 200, "\(used.text)")
                #expect(used[header: "consistency-token"] == "gift/\(gift.id)@2")
                let view: GiftView = try used.decode()
                #expect((view.status, view.notification) == ("Used", "Sent"))
                #expect(try await suite.use(gift.id, headers: ["Idempotency-Key": "two"]).body == used.body)
                #expect(try await suite.use(gift.id).status == 409, "it has been used")

                try await suite.settleGifts()
                let state = try await suite.giftState()
                state.expectMessages(maxUncertain: 0)
                let shown = try #require(state.rows.first { $0.rewardId == reward.id })
                #expect((shown.rewardStatus, shown.giftStatus, shown.giftTelegramStatus) == ("Used", "Used", "Sent"))
                let saga = try await suite.events().filter { $0.correlationID == "exchange-1" }.map(\.type)
                #expect(Set(saga) == ["Exchanged", "RewardUpdated", "MessageUpdated"])
                #expect(try await suite.breaker().totals["success"] == 2, "telegram was asked more often than needed")
            }
        }

        @Test func `what cannot be exchanged or used is refused, and lists filter`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                let rewards = try await suite.prepareRewards(3, customers: 3)
                let unknown = try await suite.exchange(987_654_321)
                #expect(unknown.status == 404 && unknown.text.contains("Consistency-Token"))
                let url = "\(suite["gift"].url)/gifts"
                for (body, status) in [
                    (#"{}"#, 422), (#"{"rewardId": 0}"#, 422), (#"{"rewardId": 1, "name": ""}"#, 422),
                    (#"{"rewardId": 1, "gift": 2}"#, 422), (#"["#, 400),
                ] {
                    #expect(try await suite.http.post(url, body).status == status, "\(body)")
                }
                #expect(try await suite.use(987_654_321).status == 404)

                let begin = ContinuousClock.now
                let early = try await suite.exchange(
                    rewards[0].id, headers: ["Consistency-Token": "reward/\(rewards[0].id)@9"])
                #expect(early.status == 503 && early[header: "retry-after"] != nil)
                #expect((1.9...15).contains((ContinuousClock.now - begin) / .seconds(1)))
                for (token, status) in [("reward", 400), ("telegram/1@1", 400), ("mission/987654321@1", 503)] {
                    let answer = try await suite.exchange(rewards[0].id, headers: ["Consistency-Token": token])
                    #expect(answer.status == status, "\(token): \(answer.text)")
                }

                // While reward is stopped, nothing is confirmed.
                suite["reward"].signal(SIGSTOP)
                let mission = "mission/\(rewards[0].missionId)@1"
                let gift: GiftView = try await suite.exchange(
                    rewards[0].id, headers: ["Consistency-Token": mission]
                ).decode()
                let refused = try await suite.use(gift.id, headers: ["Idempotency-Key": "early"])
                #expect(refused.status == 409 && refused[header: "retry-after"] != nil, "\(refused.text)")
                suite["reward"].signal(SIGCONT)
                #expect(try await eventually(within: .seconds(60)) { try await suite.gift(gift.id).confirmed })
                // That refusal is not remembered: it passes by itself.
                #expect(try await suite.use(gift.id, headers: ["Idempotency-Key": "early"]).status == 200)

                #expect(try await suite.revoke(rewards[1].id).status == 200)
                let revoked = try await suite.exchange(
                    rewards[1].id, headers: ["Consistency-Token": "reward/\(rewards[1].id)@2"])
                #expect(revoked.status == 409 && revoked.text.contains("reward-revoked"), "\(revoked.text)")
                _ = try await suite.exchange(rewards[2].id)
                for (query, count) in [
                    ("status=Used", 1), ("status=Exchanged", 1), ("status=Cancelled", 0),
                    ("customerId=\(gift.customerId)", 1), ("rewardId=\(rewards[2].id)", 1),
                    ("rewardId=\(rewards[1].id)", 0),
                ] {
                    let found: [GiftView] = try await suite.list("\(url)?\(query)")
                    #expect(found.count == count, "\(query)")
                }
            }
        }

        @Test func `of 200 exchanges of one reward at once one passes`() async throws {
            try await withSuite(replicas: 2, settings: Self.settings) { suite in
                try await suite.linkChats(1...1)
                let reward = try await suite.prepareRewards(1, customers: 1)[0]
                let statuses = try await concurrently(200, atMost: 200) { index in
                    // 503 changes nothing and asks for another try, as on a machine that is too busy.
                    var status = 503
                    _ = try await eventually(within: .seconds(60)) {
                        status = try await suite.exchange(reward.id, via: suite.replicas(of: "gift")[index % 2]).status
                        return status != 503
                    }
                    return status
                }
                #expect(statuses.count { $0 == 201 } == 1, "\(statuses)")
                #expect(statuses.count { $0 == 409 } == 199, "\(statuses)")
                try await suite.settleGifts()
                let state = try await suite.giftState()
                #expect(state.gifts.count == 1 && state.rewards[0].status == "Exchanged")
                state.expectMessages(maxUncertain: 0)
            }
        }

        @Test func `a gift whose reward was revoked meanwhile is cancelled, and who was told of it is told of that`()
            async throws
        {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...4)
                let rewards = try await suite.prepareRewards(4, customers: 4).sorted { $0.customerId < $1.customerId }
                try await suite.settleGifts()
                // Customer 2 has blocked the bot: the exchange cannot be told, so its cancellation is not told either.
                _ = try await suite.http.send(
                    "PUT", "\(suite.sandbox.url)/faults", #"{"status": 403, "chatId": 2}"#)
                // The revocations are committed, but gift cannot know of them.
                try suite.broker.setDown(true)
                for reward in rewards.prefix(3) { #expect(try await suite.revoke(reward.id).status == 200) }
                var gifts: [GiftView] = []
                for reward in rewards { gifts.append(try await suite.exchange(reward.id).decode()) }
                #expect(gifts.map(\.notification) == ["Sent", "Blocked", "Sent", "Sent"])
                try suite.broker.setDown(false)
                let areTold = try await eventually(within: .seconds(60)) {
                    try await suite.telegrams().count { $0.key.hasPrefix("gift-cancelled") } == 2
                }
                #expect(areTold)
                try await suite.settleGifts(allTold: false)
                _ = try await suite.http.send("DELETE", "\(suite.sandbox.url)/faults", nil)
                let state = try await suite.giftState()
                #expect(state.gifts.map(\.status) == ["Cancelled", "Cancelled", "Cancelled", "Exchanged"])
                #expect(try await suite.use(gifts[0].id).status == 409)
                let keys = Set(state.telegrams.map(\.key).filter { $0.hasPrefix("gift-cancelled") })
                #expect(keys == ["gift-cancelled:\(gifts[0].id)", "gift-cancelled:\(gifts[2].id)"])
                let heard = state.received.filter { $0.chatId == 1 && $0.text.contains("gift ") }.map(\.text)
                #expect(heard.count == 2 && heard[0].contains("in exchange") && heard[1].contains("cancelled"))
                #expect(!state.received.contains { $0.chatId == 2 && $0.text.contains("gift ") })
                let rejected = try await suite.events().filter { $0.type == "ExchangeRejected" }
                #expect(rejected.count == 3)
            }
        }
    }
}
