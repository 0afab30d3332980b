import Contracts
import Foundation
import TestSupport
import Testing

/// What becomes of callbacks that do not succeed at once.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct FailureTests {
    typealias Reply = CallbackServer.Reply

    /// Answers of a receiver, and whether they are tried again.
    struct Case: Sendable {
        let name: String
        let isRetried: Bool
        let reply: @Sendable () -> Reply
        var status: Int?

        init(_ name: String, isRetried: Bool, status: Int? = nil, _ reply: @escaping @Sendable () -> Reply) {
            (self.name, self.isRetried, self.status, self.reply) = (name, isRetried, status, reply)
        }
    }

    static let cases = [
        Case("500", isRetried: true, status: 500) { .answer("500 Oops", body: "what went wrong") },
        Case("503 with Retry-After", isRetried: true, status: 503) {
            .answer("503 Wait", headers: "Retry-After: 1\r\n")
        },
        Case("429", isRetried: true, status: 429) { .answer("429 Slow down") },
        Case("408", isRetried: true, status: 408) { .answer("408 Late") },
        Case("409", isRetried: true, status: 409) { .answer("409 Busy") },
        Case("425", isRetried: true, status: 425) { .answer("425 Early") },
        Case("302", isRetried: true, status: 302) {
            .answer("302 Found", headers: "Location: http://127.0.0.1:1/\r\n")
        },
        Case("400", isRetried: false, status: 400) { .answer("400 Bad") },
        Case("401", isRetried: false, status: 401) { .answer("401 Who") },
        Case("404", isRetried: false, status: 404) { .answer("404 Where") },
        Case("410", isRetried: false, status: 410) { .answer("410 Gone") },
        Case("422", isRetried: false, status: 422) { .answer("422 No") },
        Case("silence", isRetried: true) { .silence },
        Case("reset before an answer", isRetried: true) { .raw { $0.reset() } },
        Case("reset in mid-answer", isRetried: true) {
            .raw { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
                connection.reset()
            }
        },
        Case("closed in mid-answer", isRetried: true) {
            .raw { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") }
        },
        Case("an endless answer", isRetried: true) {
            .raw { connection in
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
                for _ in 0..<1_000 { connection.write(chunk) }
            }
        },
        Case("no HTTP", isRetried: true) { .raw { $0.write("hello\r\n\r\n") } },
    ]

    /// All of them side by side, each in a group of its own.
    @Test func `each answer is retried or not, as promised`() async throws {
        let isMended = SharedFlag()
        let cases = Dictionary(uniqueKeysWithValues: Self.cases.enumerated().map { ("case-\($0)", $1) })
        try await RunningQueue.with(
            ["CALLBACK_TIMEOUT": "3s"],
            reply: { isMended.isSet ? .ok : cases[$0.group]?.reply() ?? .ok }
        ) { queue in
            var receipts: [String: RunningQueue.Receipt] = [:]
            for group in cases.keys {
                receipts[group] = try await queue.accept(group, "m")
                try await queue.accept(group, "after")
            }
            for (group, example) in cases {
                try await expectFailure(queue, try #require(receipts[group]), example)
            }
            isMended.set()
            for (group, example) in cases {
                if !example.isRetried { try await queue.command(group, "retry") }
                try await soon { queue.receiver.callbacks(of: group).last?.text == "after" }
                // Whatever happened: one after the other, and every repeat with the same id and the next number.
                let callbacks = queue.receiver.callbacks(of: group)
                #expect(callbacks.map(\.text) == callbacks.dropLast().map { _ in "m" } + ["after"], "\(example.name)")
                #expect(Set(callbacks.dropLast().compactMap { $0["webhook-id"] }).count == 1, "\(example.name)")
                #expect(callbacks.dropLast().map(\.attempt) == Array(1..<callbacks.count), "\(example.name)")
            }
        }
    }

    private func expectFailure(
        _ queue: RunningQueue, _ receipt: RunningQueue.Receipt, _ example: Case
    ) async throws {
        let group = receipt.group
        try await soon { try await queue.state(group).attempts >= 1 }
        if example.isRetried {
            // Between two attempts it says when the next one is.
            let isRetrying = try await eventually { try await queue.state(group).state == "Retrying" }
            #expect(isRetrying, "\(example.name)")
        } else {
            #expect(try await queue.state(group).state == "Blocked", "\(example.name)")
            #expect(queue.receiver.callbacks(of: group).count == 1, "\(example.name)")
        }
        #expect(try await queue.state(group).depth == 2, "\(example.name)")
        let message = try await queue.message(group, receipt.id)
        let attempt = try #require(message.attempts.first)
        #expect(attempt.statusCode == example.status && attempt.reason != nil, "\(example.name): \(attempt)")
        if example.name == "500" { #expect(attempt.answer == "what went wrong") }
    }

    @Test func `names that do not exist, refused connections and broken TLS are tried again`() async throws {
        try await RunningQueue.with { queue in
            let urls = [
                "http://no-such-name.invalid/", "http://127.0.0.1:\(try FreePort.any())/",
                "https://127.0.0.1:\(queue.receiver.port)/",
            ]
            for (number, url) in urls.enumerated() {
                let receipt = try await queue.accept("g\(number)", "m", ["Callback-Url": url])
                try await soon { try await queue.state("g\(number)").attempts >= 2 }
                let message = try await queue.message("g\(number)", receipt.id)
                #expect(message.status == "Retrying" && message.attempts[0].statusCode == nil)
            }
        }
    }

    @Test func `Retry-After is waited for, in seconds and as a date`() async throws {
        let count = SharedCounter()
        try await RunningQueue.with(
            ["RETRY_BASE": "1ms"],
            reply: { _ in
                switch count.increment() {
                case 1: return .answer("503 Wait", headers: "Retry-After: 1\r\n")
                case 2:
                    let formatter = DateFormatter()
                    formatter.locale = Locale(identifier: "en_US_POSIX")
                    formatter.timeZone = TimeZone(identifier: "GMT")
                    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
                    let date = formatter.string(from: Date().addingTimeInterval(3))
                    return .answer("429 Wait", headers: "Retry-After: \(date)\r\n")
                default: return .ok
                }
            }
        ) { queue in
            try await queue.accept("g", "m")
            try await soon { queue.receiver.callbacks.count == 3 }
            let times = queue.receiver.callbacks.map(\.startedAt)
            #expect(times[0].duration(to: times[1]) >= .milliseconds(990))
            #expect(times[1].duration(to: times[2]) >= .milliseconds(1_500))
        }
    }

    @Test func `after the retry window the policy decides, and dead letters can be replayed or removed`() async throws {
        let isMended = SharedFlag()
        try await RunningQueue.with(
            reply: { $0.text.hasPrefix("bad") && !isMended.isSet ? .answer("500 Oops", body: "no") : .ok }
        ) { queue in
            let url = queue.receiver.url
            for policy in ["block", "dead-letter"] {
                let json = #"{"callbackUrl": "\#(url)", "policy": "\#(policy)", "retryWindow": "5s"}"#
                #expect(try await queue.put(policy, json).status == 201)
                try await queue.accept(policy, "bad 1", ["Webhook-Id": "evt-1"])
                try await queue.accept(policy, "good")
            }
            try await queue.accept("dead-letter", "bad 2")
            try await soon { try await queue.state("block").state == "Blocked" }
            try await soon { try await queue.deadLetters("dead-letter").count == 2 }
            #expect(queue.receiver.callbacks(of: "block").allSatisfy { $0.text == "bad 1" })
            #expect(queue.receiver.callbacks(of: "block").count >= 3)
            #expect(queue.receiver.callbacks(of: "dead-letter").contains { $0.text == "good" })
            let letters = try await queue.deadLetters("dead-letter")
            #expect(letters[0].webhookId == "evt-1" && letters[0].statusCode == 500 && letters[0].attempts >= 3)
            #expect(try await queue.message("dead-letter", letters[0].id).status == "DeadLettered")
            #expect(try await queue.state("dead-letter").state == "Active")
            isMended.set()
            let replay = try await queue.http.send("POST", "\(queue.url)/dead-letters/\(letters[0].id)/replay", nil)
            let receipt = try replay.decode(RunningQueue.Receipt.self)
            #expect(replay.status == 202 && receipt.sequence == 4)
            try await soon { queue.receiver.callbacks(of: "dead-letter").last?.sequence == 4 }
            let last = try #require(queue.receiver.callbacks(of: "dead-letter").last)
            #expect(last.text == "bad 1" && last["webhook-id"] == "evt-1")
            let removed = try await queue.http.send("DELETE", "\(queue.url)/dead-letters/\(letters[1].id)", nil)
            #expect(removed.status == 204)
            #expect(try await queue.deadLetters("dead-letter").isEmpty)
            let gone = try await queue.http.send("POST", "\(queue.url)/dead-letters/\(letters[0].id)/replay", nil)
            #expect(gone.status == 404)
            // The blocked group goes on when an operator says so.
            try await queue.command("block", "retry")
            try await soon { queue.receiver.callbacks(of: "block").last?.text == "good" }
        }
    }

    @Test func `pause stops, resume goes on, skip takes the first message out`() async throws {
        try await RunningQueue.with(reply: { $0.text == "bad" ? .answer("500 Oops") : .ok }) { queue in
            try await queue.accept("g", "1")
            try await soon { queue.receiver.callbacks.count == 1 }
            #expect(try await queue.command("g", "pause").state == "Paused")
            for text in ["2", "bad", "3"] { try await queue.accept("g", text) }
            // Another group's whole round shows that this one had its chance.
            try await queue.accept("other", "x")
            try await soon { queue.receiver.callbacks(of: "other").count == 1 }
            #expect(queue.receiver.callbacks(of: "g").count == 1)
            #expect(try await queue.state("g").depth == 3)
            let page: RunningQueue.Page<RunningQueue.State> = try await queue.http.get(
                "\(queue.url)/queues?state=Paused"
            ).decode()
            #expect(page.items.map(\.group) == ["g"])
            try await queue.command("g", "resume")
            try await soon { try await queue.state("g").state == "Retrying" }
            let wrong = try await queue.http.send("POST", "\(queue.url)/queues/g/skip?id=999", nil)
            #expect(wrong.status == 409)
            try await queue.command("g", "skip")
            try await soon { queue.receiver.callbacks(of: "g").last?.text == "3" }
            #expect(queue.receiver.callbacks(of: "g").last?.sequence == 4)
            let empty = try await eventually { try await queue.state("g").depth == 0 }
            #expect(empty)
            let nothing = try await queue.http.send("POST", "\(queue.url)/queues/g/skip", nil)
            #expect(nothing.status == 409)
            let unknown = try await queue.http.send("POST", "\(queue.url)/queues/nobody/pause", nil)
            #expect(unknown.status == 404)
        }
    }
}
