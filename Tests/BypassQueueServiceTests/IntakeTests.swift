import Foundation
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
}
