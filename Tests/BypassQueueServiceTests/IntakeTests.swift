import Foundation
import Postgres
import TestSupport
import Testing

@testable import BypassQueueService

/// Many webhooks at the same time: most are stored by one statement, the rest in a transaction behind it.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct IntakeTests {
    @Test func `a burst over groups of all kinds is numbered without gaps, and each sender gets its own answer`()
        async throws
    {
        try await RunningQueue.with(["GROUP_LIMIT": "30"]) { queue in
            for group in ["paused", "full"] {
                _ = try await queue.put(group, #"{"callbackUrl": "\#(queue.receiver.url)/own"}"#)
                try await queue.command(group, "pause")
            }
            _ = try await queue.put("nowhere", "{}")
            let sent: [(group: String, text: String, id: String?, expected: [Int])] =
                (0..<20).flatMap { number in
                    [
                        ("paused", "\(number)", nil, [202]),
                        // Two senders, or one that repeats itself.
                        ("named", "\(number / 2)", "id-\(number / 2)", [202]),
                        ("new-\(number % 4)", "\(number)", nil, [202]),
                        ("full", "\(number)", nil, [202, 429]), ("full", "\(number + 20)", nil, [202, 429]),
                        ("nowhere", "\(number)", nil, [422]),
                    ]
                }
            let answers = try await withThrowingTaskGroup(of: (Int, TestHTTP.Answer).self) { tasks in
                for (index, message) in sent.enumerated() {
                    tasks.addTask {
                        let headers = message.id.map { ["Webhook-Id": $0] } ?? [:]
                        let path =
                            ["named", "new"].contains { message.group.hasPrefix($0) }
                            ? nil : "/queues/\(message.group)/messages"
                        return (
                            index, try await queue.send(message.group, Array(message.text.utf8), headers, path: path)
                        )
                    }
                }
                return try await tasks.reduce(into: [Int: TestHTTP.Answer]()) { $0[$1.0] = $1.1 }
            }
            var receipts: [String: [(receipt: RunningQueue.Receipt, text: String)]] = [:]
            for (index, message) in sent.enumerated() {
                let answer = try #require(answers[index])
                #expect(message.expected.contains(answer.status), "\(message.group): \(answer.text)")
                guard answer.status == 202 else { continue }
                let receipt: RunningQueue.Receipt = try answer.decode()
                #expect(receipt.group == message.group)
                receipts[message.group, default: []].append((receipt, message.text))
            }
            #expect(receipts["full"]?.count == 30, "as many as fit, not one less")
            let named = receipts.removeValue(forKey: "named") ?? []
            #expect(Set(named.map(\.receipt.id)).count == 10)
            #expect(Set(named.map { "\($0.receipt.id) \($0.text)" }).count == 10, "a repeat gets the first's receipt")
            for (group, members) in receipts {
                let inOrder = members.sorted { $0.receipt.sequence < $1.receipt.sequence }
                #expect(inOrder.map(\.receipt.sequence) == Array(1...members.count), "\(group)")
                #expect(inOrder.map(\.receipt.id) == inOrder.map(\.receipt.id).sorted(), "\(group)")
            }
            for group in ["paused", "full"] { try await queue.command(group, "resume") }
            try await soon { queue.receiver.callbacks.count == 20 + 10 + 20 + 30 }
            for (group, members) in receipts {
                let expected = members.sorted { $0.receipt.sequence < $1.receipt.sequence }.map(\.text)
                #expect(queue.receiver.callbacks.filter { $0.group == group }.map(\.text) == expected, "\(group)")
            }
        }
    }

    @Test func `a group that was deleted and made again is numbered from the start`() async throws {
        try await RunningQueue.with { queue in
            for round in 1...2 {
                for number in 1...3 {
                    let receipt = try await queue.accept("again", "\(round).\(number)")
                    #expect(receipt.sequence == number)
                }
                try await soon { queue.receiver.callbacks.count == round * 3 }
                try await soon { try await queue.state("again").depth == 0 }
                try await soon { try await queue.http.send("DELETE", queue.url + "/queues/again", "").status == 204 }
            }
            #expect(queue.receiver.callbacks.map(\.text) == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"])
        }
    }

    /// Replicas share groups: whoever locked them in the order of arrival would wait for another in a circle.
    @Test func `senders that name the same groups in opposite orders never lock each other out`() async throws {
        try await RunningQueue.with { queue in
            let names = (0..<40).map { "crossed-\($0)" }
            for name in names {
                _ = try await queue.put(name, #"{"callbackUrl": "\#(queue.receiver.url)/own"}"#)
                try await queue.command(name, "pause")
            }
            let ids = try await queue.pool.run { connection in
                try connection.query("SELECT name, id FROM groups ORDER BY id").map {
                    (name: try $0.string(0), id: try $0.int64(1))
                }
            }
            let known = KnownGroups()
            known.learn(ids)
            let orders = [names, names.reversed(), names.shuffled(), names.shuffled()]
            let rounds = 100
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for order in orders {
                    let messages = order.map { name in
                        IncomingMessage(
                            group: name, callbackURL: nil, webhookID: nil, priority: nil, messageSequence: nil,
                            contentType: nil, correlationID: nil, body: [1])
                    }
                    tasks.addTask {
                        let pool = PostgresPool(
                            try PostgresConfiguration(url: queue.database).forIntake, connections: 1,
                            logger: TestDatabase.quiet)
                        for _ in 0..<rounds {
                            let receipts = try await pool.run { connection in
                                try ExpressIntake(connection: connection, owner: nil, groupLimit: 1_000, known: known)
                                    .run(messages).receipts
                            }
                            #expect(receipts.map { $0?.group } == order)
                        }
                        await pool.close()
                    }
                }
                try await tasks.waitForAll()
            }
            for name in names { #expect(try await queue.state(name).depth == orders.count * rounds) }
        }
    }
}
