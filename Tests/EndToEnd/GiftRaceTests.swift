import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Gifts while processes die and while several want the same reward.
    @Suite struct GiftRaceTests {
        @Test func `kill -9 of gift and telegram during 1,000 exchanges loses nothing and doubles nothing`()
            async throws
        {
            var settings = GiftFlowTests.settings
            settings["telegram"]?["SEND_CONCURRENCY"] = "8"
            settings["telegram"]?["SEND_LEASE_MARGIN"] = "1s"
            // Only a kill leaves a message Uncertain, and those behind it in its chat wait until then.
            settings["telegram"]?["SEND_TIMEOUT"] = "6s"
            try await withSuite(settings: settings) { suite in
                try await suite.linkChats(1...50)
                let rewards = try await suite.prepareRewards(1_000, customers: 50).map(\.id)
                let kills = SharedCounter()
                // At least eight kills, four of each; more while the exchanges go on.
                try await suite.killing(["gift", "telegram"], atLeast: 8, count: kills) {
                    try await concurrently(rewards.count, atMost: 16) { index in
                        _ = try await insist("exchange-\(index)", 201) { headers in
                            try await suite.exchange(rewards[index], headers: headers)
                        }
                    }
                }
                // A killed consumer needs seconds to join again, so confirmations come when the kills are over.
                var gifts: [GiftView] = []
                let areConfirmed = try await eventually(within: .seconds(120), every: .milliseconds(200)) {
                    gifts = try await suite.gifts()
                    return gifts.count == 1_000 && gifts.allSatisfy(\.confirmed)
                }
                #expect(areConfirmed, "\(gifts.count { $0.confirmed }) of \(gifts.count) gifts are confirmed")
                let users = gifts.prefix(500).map(\.id)
                try await suite.killing(["gift", "telegram"], atLeast: 2, count: kills) {
                    try await concurrently(users.count, atMost: 16) { index in
                        _ = try await insist("use-\(index)", 200) { headers in
                            try await suite.use(users[index], headers: headers)
                        }
                    }
                }
                try await suite.settleGifts(within: .seconds(180))
                let state = try await suite.giftState()
                #expect(state.gifts.count == 1_000 && state.gifts.count { $0.status == "Used" } == 500)
                state.expectMessages(maxUncertain: (kills.value + 1) / 2 * 8)
                #expect(try await suite.deadLetters().isEmpty)
            }
        }

        @Test func `revoke against exchange against use ends in one story everywhere`() async throws {
            try await withSuite(settings: GiftFlowTests.settings) { suite in
                try await suite.linkChats(1...50)
                let rewards = try await suite.prepareRewards(500, customers: 50).map(\.id)
                let revoked = SharedCounter()
                try await concurrently(rewards.count, atMost: 20) { index in
                    let reward = rewards[index]
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            // From before the exchange to after its confirmation, which takes a slow machine longer.
                            let longest = index.isMultiple(of: 5) ? 2_000 : 80
                            try await Task.sleep(for: .milliseconds(Int.random(in: 0...longest)))
                            let answer = try await untilServed { try await suite.revoke(reward) }
                            #expect([200, 409].contains(answer.status))
                            if answer.status == 200 { revoked.increment() }
                        }
                        group.addTask {
                            try await Task.sleep(for: .milliseconds(Int.random(in: 0...20)))
                            let answer = try await untilServed { try await suite.exchange(reward) }
                            #expect([201, 409].contains(answer.status))
                            guard answer.status == 201 else { return }
                            let gift: GiftView = try answer.decode()
                            // Used at once if it can be: confirmed, or cancelled, comes in between.
                            let isDecided = try await eventually {
                                let answer = try await untilServed { try await suite.use(gift.id) }
                                #expect([200, 409].contains(answer.status))
                                return answer.status == 200 || answer[header: "retry-after"] == nil
                            }
                            #expect(isDecided, "gift \(gift.id) is neither confirmed nor cancelled")
                        }
                        try await group.waitForAll()
                    }
                }
                try await suite.settleGifts()
                let state = try await suite.giftState()
                state.expectMessages(maxUncertain: 0)
                let counts = Dictionary(grouping: state.gifts, by: \.status).mapValues(\.count)
                print("500 races: \(revoked.value) revoked, gifts \(counts)")
                #expect(state.rewards.count { $0.status == "Revoked" } == revoked.value)
                #expect(state.rewards.count { $0.status == "Used" } == counts["Used"] ?? 0)
                #expect(state.rewards.allSatisfy { ["Revoked", "Used"].contains($0.status) })
                #expect(state.gifts.allSatisfy { ["Cancelled", "Used"].contains($0.status) })
                #expect((counts["Cancelled"] ?? 0) > 0 && (counts["Used"] ?? 0) > 0, "there was no race")
            }
        }
    }
}

extension GameSuite {
    /// Runs `body` while services are killed in turn at random moments and started again.
    fileprivate func killing(
        _ services: [String], atLeast count: Int, count kills: SharedCounter,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let isDone = SharedFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isDone.set() }
                try await body()
            }
            group.addTask {
                var number = 0
                while number < count || !isDone.isSet {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 50...600)))
                    let victim = self[services[number % services.count]]
                    try victim.killAndRestart()
                    try await victim.waitUntilReady(self.http)
                    number += 1
                    kills.increment()
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Repeats a write with its `Idempotency-Key` until it is done, as a careful client does it.
private func insist(
    _ key: String, _ status: Int, _ write: ([String: String]) async throws -> TestHTTP.Answer
) async throws -> GiftView {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
        do {
            let answer = try await write(["Idempotency-Key": key])
            if answer.status == status { return try answer.decode() }
            // 409 with Retry-After passes by itself, and so does 503.
            guard answer[header: "retry-after"] != nil, ContinuousClock.now < deadline else {
                throw TestFailure("\(key): \(answer.status) \(answer.text)")
            }
        } catch let failure as TestFailure {
            throw failure
        } catch  where ContinuousClock.now < deadline {}
        try await Task.sleep(for: .milliseconds(20))
    }
}
