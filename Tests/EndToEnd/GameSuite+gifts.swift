import Foundation
import TestSupport
import Testing

/// A gift as the routes show it.
struct GiftView: Decodable, Hashable {
    var id: Int64
    var version: Int64
    var rewardId: Int64
    var missionId: Int64
    var customerId: Int64
    var name: String?
    var status: String
    var confirmed: Bool
    /// In the answers of writes only.
    var notification: String?
}

/// The circuit breaker as the operator's route shows it.
struct BreakerView: Decodable {
    var state: String
    var slowCalls: Int
    var totals: [String: Int]
}

extension GameSuite {
    func gifts() async throws -> [GiftView] { try await list("\(self["gift"].url)/gifts") }

    /// Achieves as many missions, and waits until gift knows their rewards.
    func prepareRewards(_ count: Int, customers: Int64) async throws -> [RewardView] {
        let missions = try await Load(suite: self, count: count, customers: customers).run()
        var rewards: [RewardView] = []
        let areGranted = try await eventually(within: .seconds(120), every: .milliseconds(100)) {
            rewards = try await self.rewards().filter { missions.contains($0.missionId) }
            return rewards.count == count
        }
        guard areGranted else { throw TestFailure("only \(rewards.count) of \(count) rewards were granted") }
        let granted = rewards
        // An exchange of no reward at all, which waits for a reward's version: it changes nothing.
        try await concurrently(count, atMost: 32) { [self] index in
            let known = await eventually {
                let answer = try? await http.post(
                    "\(self["gift"].url)/gifts", #"{"rewardId": \#(Int64.max)}"#,
                    headers: ["Consistency-Token": "reward/\(granted[index].id)@1"])
                return answer?.status == 404
            }
            guard known else { throw TestFailure("gift does not know reward \(granted[index].id)") }
        }
        return rewards
    }

    /// `POST /gifts`
    func exchange(
        _ reward: Int64, via replica: Replica? = nil, headers: [String: String] = [:]
    ) async throws -> TestHTTP.Answer {
        try await http.post(
            "\((replica ?? self["gift"]).url)/gifts", #"{"rewardId": \#(reward), "name": "Cup"}"#, headers: headers)
    }

    /// `PATCH /gifts/{id}`
    func use(_ gift: Int64, headers: [String: String] = [:]) async throws -> TestHTTP.Answer {
        try await http.send("PATCH", "\(self["gift"].url)/gifts/\(gift)", #"{"status": "Used"}"#, headers: headers)
    }

    /// `PATCH /rewards/{id}`
    func revoke(_ reward: Int64) async throws -> TestHTTP.Answer {
        try await http.send("PATCH", "\(self["reward"].url)/rewards/\(reward)", #"{"status": "Revoked"}"#)
    }

    func gift(_ id: Int64) async throws -> GiftView {
        try await http.get("\(self["gift"].url)/gifts/\(id)").decode()
    }

    func breaker(of replica: Replica? = nil) async throws -> BreakerView {
        try await http.get("\((replica ?? self["gift"]).url)/operator/breakers/telegram").decode()
    }

    /// Waits until nothing is under way any more: no outbox has rows, no consumer is behind, no message is queued, and the
    /// rows of the read model show what the services do.
    ///
    /// - Parameter allTold: Every message that there must be has reached telegram, too.
    func settleGifts(within limit: Duration = .seconds(120), allTold: Bool = true) async throws {
        var difference = ""
        let isSettled = await eventually(within: limit, every: .milliseconds(300)) {
            do {
                for service in ["mission", "reward", "telegram", "gift"] {
                    let pending = try await metric("outbox_pending", of: self[service])
                    guard pending == 0 else {
                        difference = "\(service)'s outbox has \(pending ?? -1) rows"
                        return false
                    }
                }
                for replica in all {
                    let lag = try await metric("consumer_lag", of: replica)
                    guard lag == 0 else {
                        difference = "\(replica.name) is \(lag ?? -1) messages behind"
                        return false
                    }
                }
                let state = try await giftState()
                guard !state.telegrams.contains(where: { $0.status == "Queued" }) else {
                    difference = "messages are queued"
                    return false
                }
                guard !allTold || state.missingKeys.isEmpty else {
                    difference = "telegram has not heard of \(state.missingKeys.sorted().prefix(3))"
                    return false
                }
                difference = state.differences.prefix(3).joined(separator: "; ")
                return difference.isEmpty
            } catch {
                difference = "\(error)"
                return false
            }
        }
        guard isSettled else { throw TestFailure("it did not come to rest: \(difference)") }
    }

    func giftState() async throws -> GiftState {
        GiftState(
            gifts: try await gifts(), rewards: try await rewards(), rows: try await mypages(),
            telegrams: try await telegrams(), received: try await sandboxMessages())
    }
}

/// Runs `body` for 0 ..< count, at most so many at once, and returns what it gave in any order.
@discardableResult
func concurrently<Value: Sendable>(
    _ count: Int, atMost limit: Int, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    let next = SharedCounter()
    return try await withThrowingTaskGroup(of: [Value].self) { group in
        for _ in 0..<min(limit, count) {
            group.addTask {
                var values: [Value] = []
                while true {
                    let index = next.increment() - 1
                    guard index < count else { return values }
                    values.append(try await body(index))
                }
            }
        }
        return try await group.reduce(into: []) { $0 += $1 }
    }
}
