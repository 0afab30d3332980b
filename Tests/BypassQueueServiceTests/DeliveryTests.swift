import Contracts
import Foundation
import TestSupport
import Testing

/// What senders and receivers see when all goes well.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct DeliveryTests {
    @Test func `callbacks of a group come in the order of their sequences, with everything they carry`() async throws {
        try await RunningQueue.with { queue in
            for number in 1...20 {
                let receipt = try await queue.accept(
                    "call-7", "event \(number)", ["content-type": "text/x-phone", "correlationid": "saga-1"])
                #expect(receipt.group == "call-7" && receipt.sequence == number)
            }
            try await soon { queue.receiver.callbacks.count == 20 }
            let callbacks = queue.receiver.callbacks
            #expect(callbacks.map(\.text) == (1...20).map { "event \($0)" })
            #expect(callbacks.map(\.sequence) == Array(1...20))
            #expect(Set(callbacks.compactMap { $0["webhook-id"] }).count == 20)
            let first = try #require(callbacks.first)
            #expect(first["content-type"] == "text/x-phone" && first["correlationid"] == "saga-1")
            #expect(first["bypass-group"] == "call-7" && first.attempt == 1 && first.epoch >= 1)
            #expect(first["webhook-signature"]?.hasPrefix("v1,") == true && first["webhook-timestamp"] != nil)
            #expect(first.path.hasPrefix("/hook?bypass=1&reqid="))
            for (one, next) in zip(callbacks, callbacks.dropFirst()) {
                #expect(try #require(one.endedAt) <= next.startedAt, "two callbacks of a group at once")
            }
        }
    }

    @Test func `any bytes of any media type arrive unchanged`() async throws {
        try await RunningQueue.with { queue in
            let bodies: [(String?, [UInt8])] = [
                (nil, []), ("application/octet-stream", Array(0...255)),
                ("text/plain; charset=latin1", [0xE4, 0, 13, 10]),
                ("application/json", Array(#"{"a": 1}"#.utf8)),
                ("image/png", (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
            ]
            for (type, body) in bodies {
                let answer = try await queue.send("bytes", body, type.map { ["Content-Type": $0] } ?? [:])
                #expect(answer.status == 202)
            }
            try await soon { queue.receiver.callbacks.count == bodies.count }
            for (callback, (type, body)) in zip(queue.receiver.callbacks, bodies) {
                #expect(callback.body == body && callback["content-type"] == type)
            }
            let tooLarge = try await queue.send("bytes", [UInt8](repeating: 1, count: 1_048_577))
            #expect(tooLarge.status == 413)
        }
    }

    @Test func `a Webhook-Id is accepted once in its group, at once and later`() async throws {
        try await RunningQueue.with { queue in
            let answers = try await withThrowingTaskGroup(of: RunningQueue.Receipt.self) { group in
                for _ in 0..<20 { group.addTask { try await queue.accept("a", "x", ["Webhook-Id": "evt_1"]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.id)).count == 1)
            try await soon { queue.receiver.callbacks.count == 1 }
            #expect(try await queue.accept("a", "x", ["Webhook-Id": "evt_1"]) == answers[0])
            let other = try await queue.accept("b", "x", ["Webhook-Id": "evt_1"])
            #expect(other.id != answers[0].id)
            try await soon { queue.receiver.callbacks.count == 2 }
            #expect(queue.receiver.callbacks.allSatisfy { $0["webhook-id"] == "evt_1" })
            #expect(try await queue.message("a", answers[0].id).status == "Delivered")
        }
    }

    @Test func `the original's route answers ok, and a group's own URL needs no header`() async throws {
        try await RunningQueue.with { queue in
            let original = try await queue.send(
                "", Array("ring".utf8), ["CallBackUrl": queue.receiver.url + "/old?line=2"],
                path: "/api/ByPassCallBack/post/line-2")
            #expect(original.status == 200 && original.text == "ok")
            #expect(try await queue.put("line-3", #"{"callbackUrl": "\#(queue.receiver.url)/own"}"#).status == 201)
            let own = try await queue.send("", Array("ring".utf8), path: "/queues/line-3/messages")
            #expect(own.status == 202)
            try await soon { queue.receiver.callbacks.count == 2 }
            #expect(queue.receiver.callbacks(of: "line-2")[0].path.hasPrefix("/old?line=2&bypass=1&reqid="))
            #expect(queue.receiver.callbacks(of: "line-3")[0].path.hasPrefix("/own?bypass=1&reqid="))
            let lost = try await queue.send("", Array("ring".utf8), path: "/queues/line-4/messages")
            #expect(try lost.status == 422 && lost.decode(RunningQueue.Problem.self).type == "callback-url-missing")
        }
    }

    @Test func `outcomes go into the outbox with the group as their key`() async throws {
        try await RunningQueue.with(hasBroker: false, reply: { $0.text == "bad" ? .answer("404 Not Found") : .ok }) {
            queue in
            let good = try await queue.accept("g", "good")
            let bad = try await queue.accept("g", "bad")
            try await soon { try await queue.events().count == 2 }
            let events = try await queue.events()
            #expect(events[0].type == "CallbackDelivered" && events[0].data.status == .delivered)
            #expect(events[0].data.id == good.id && events[0].key == "g" && events[0].data.group == "g")
            #expect(events[1].type == "CallbackFailed" && events[1].data.status == .blocked)
            #expect(events[1].data.id == bad.id && events[1].data.attempts == 1)
            #expect(events.allSatisfy { $0.data.version == 1 })
            _ = try await queue.command("g", "skip")
            let skipped = try #require(try await queue.events().last)
            #expect(skipped.data.status == .skipped && skipped.data.version == 2)
        }
    }

    @Test func `messages that come within the ordering window take their senders' order`() async throws {
        try await RunningQueue.with { queue in
            _ = try await queue.put("w", #"{"callbackUrl": "\#(queue.receiver.url)", "orderWindow": "8s"}"#)
            let order: [(String, [String: String])] = [
                ("hang-up", ["Message-Sequence": "3"]), ("low", ["Message-Sequence": "2", "Message-Priority": "9"]),
                ("ring", ["Message-Sequence": "1"]), ("high", ["Message-Sequence": "2", "Message-Priority": "1"]),
                ("unnumbered", [:]),
            ]
            for (text, headers) in order { try await queue.accept("w", text, headers) }
            try await soon { queue.receiver.callbacks.count == 5 }
            #expect(queue.receiver.callbacks.map(\.text) == ["ring", "high", "low", "hang-up", "unnumbered"])
            #expect(queue.receiver.callbacks.map(\.sequence) == [1, 2, 3, 4, 5])
            // What comes later is of a later window, whatever its number.
            try await queue.accept("w", "again", ["Message-Sequence": "0"])
            try await soon { queue.receiver.callbacks.count == 6 }
            #expect(queue.receiver.callbacks[5].sequence == 6)
            try await soon { try await queue.state("w").depth == 0 }
        }
    }

    @Test func `ten thousand groups with one message each are all delivered`() async throws {
        try await RunningQueue.with { queue in
            // As a replica left them that is no more: they are free and wait.
            try await queue.pool.run { connection in
                try connection.script(
                    """
                    INSERT INTO groups (name, callback_url, secret, last_sequence, is_waiting)
                    SELECT 'group-' || n, '\(queue.receiver.url)', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 1, true
                    FROM generate_series(1, 10000) n;
                    INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, body)
                    SELECT id, nextval('message_ids'), 1, true, now(), 'm' FROM groups;
                    """)
            }
            try await soon(within: .seconds(180)) { queue.receiver.callbacks.count >= 10_000 }
            #expect(Set(queue.receiver.callbacks.map(\.group)).count == 10_000)
            #expect(queue.receiver.callbacks.count == 10_000)
        }
    }

    @Test func `full groups and a full queue are refused with Retry-After`() async throws {
        try await RunningQueue.with(["GROUP_LIMIT": "5", "QUEUE_LIMIT": "8"], reply: { _ in .answer("503 Wait") }) {
            queue in
            for number in 1...5 { try await queue.accept("full", "\(number)") }
            let refused = try await queue.send("full", [1])
            #expect(refused.status == 429 && refused[header: "retry-after"] != nil)
            for number in 1...3 { try await queue.accept("other", "\(number)") }
            try await soon {
                let answer = try await queue.send("third", [1])
                return answer.status == 503 && answer[header: "retry-after"] != nil
            }
        }
    }
}
