import TestSupport
import Testing

extension EndToEnd {
    /// What the Bot API may answer.
    @Suite struct SandboxTests {
        /// More attempts than fit into the time of a test.
        private static let settings = [
            "telegram": [
                "TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000", "SEND_TIMEOUT": "5s",
                "SEND_LEASE_MARGIN": "1s", "SEND_ATTEMPTS": "100",
            ]
        ]

        @Test(arguments: [
            (#"{"status": 403}"#, "Blocked"), (#"{"status": 400}"#, "Failed"),
            (#"{"closeAfterRead": true}"#, "Uncertain"), (#"{"delayMs": 20000}"#, "Uncertain"),
        ])
        func `an answer decides the message's status`(fault: String, status: String) async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...2)
                try await setFaults(suite, fault)
                _ = try await suite.achieve(customer: 1)
                let isSettled = try await eventually {
                    try await suite.telegrams().first?.status == status
                }
                #expect(isSettled, "the message did not become \(status)")
                try await suite.settle(missions: 1)
                // The next one goes through: nothing was left standing in its way.
                _ = try await suite.http.send("DELETE", "\(suite.sandbox.url)/faults", nil)
                _ = try await suite.achieve(customer: 2)
                try await suite.settle(missions: 2)
                #expect(try await suite.telegrams().contains { $0.customerId == 2 && $0.status == "Sent" })
                // And what is Uncertain is never sent again by itself.
                let texts = try await suite.sandboxMessages().map(\.text)
                #expect(Set(texts).count == texts.count)
            }
        }

        @Test func `an answer with 500 is tried again until it passes`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...1)
                try await setFaults(suite, #"{"status": 500}"#)
                _ = try await suite.achieve(customer: 1)
                try await suite.waitForCompleteRows(1, within: .seconds(60))
                #expect(try await suite.telegrams().first?.status == "Queued")
                _ = try await suite.http.send("DELETE", "\(suite.sandbox.url)/faults", nil)
                try await suite.settle(missions: 1)
                #expect(try await suite.telegrams().first?.status == "Sent")
                #expect(try await suite.sandboxMessages().count == 1)
            }
        }

        @Test func `429 for one chat delays that chat only, and survives a restart`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...2)
                try await setFaults(suite, #"{"status": 429, "retryAfter": 6, "chatId": 1}"#)
                let begin = ContinuousClock.now
                _ = try await suite.achieve(customer: 1)
                let isLimited = try await eventually {
                    (try await suite.metric("telegram_429_total", of: suite["telegram"]) ?? 0) >= 1
                }
                #expect(isLimited)
                _ = try await suite.http.send("DELETE", "\(suite.sandbox.url)/faults", nil)
                _ = try await suite.achieve(customer: 2)
                let isOtherSent = try await eventually {
                    try await suite.telegrams().contains { $0.customerId == 2 && $0.status == "Sent" }
                }
                #expect(isOtherSent)
                try suite["telegram"].killAndRestart()
                try await suite["telegram"].waitUntilReady(suite.http)
                try await suite.settle(missions: 2)
                #expect(ContinuousClock.now - begin >= .seconds(5), "the pause that was asked for was not kept")
                #expect(try await suite.telegrams().allSatisfy { $0.status == "Sent" })
                #expect(try await suite.sandboxMessages().count == 2)
            }
        }

        @Test func `a key is one message, whoever asks how often`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...1)
                let body = #"{"key": "k1", "customerId": 1, "giftId": 17, "text": "gift 17 is yours"}"#
                let url = "\(suite["telegram"].url)/telegrams"
                let answers = try await withThrowingTaskGroup(of: TestHTTP.Answer.self) { group in
                    for _ in 0..<20 { group.addTask { try await suite.http.post(url, body) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { [200, 201, 202].contains($0.status) })
                #expect(Set(try answers.map { try $0.decode(TelegramView.self).id }).count == 1)
                let isSent = try await eventually { try await suite.telegrams().first?.status == "Sent" }
                #expect(isSent)
                #expect(try await suite.http.post(url, body).status == 200)
                #expect(try await suite.sandboxMessages().map(\.text) == ["gift 17 is yours"])
            }
        }

        @Test func `the token is in no log, answer or metric`() async throws {
            try await withSuite(settings: ["telegram": ["LOG_LEVEL": "trace"]]) { suite in
                try await suite.linkChats(1...1)
                try await setFaults(suite, #"{"closeAfterRead": true, "share": 0.5}"#)
                for _ in 0..<3 { _ = try await suite.achieve(customer: 1) }
                try await suite.waitForCompleteRows(3, within: .seconds(60))
                let telegram = suite["telegram"]
                for path in ["/metrics", "/readyz", "/telegrams", "/openapi.yaml"] {
                    #expect(!(try await suite.http.get(telegram.url + path).text.contains("test-token")))
                }
                #expect(!telegram.output.contains("test-token"))
            }
        }

        private func setFaults(_ suite: GameSuite, _ json: String) async throws {
            let answer = try await suite.http.send("PUT", "\(suite.sandbox.url)/faults", json)
            guard answer.status < 300 else { throw TestFailure("PUT /faults: \(answer.status) \(answer.text)") }
        }
    }
}
