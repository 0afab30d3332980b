import TestSupport
import Testing

extension EndToEnd {
    /// What gift does while telegram is in trouble.
    @Suite struct GiftTroubleTests {
        private static let clients = 150

        @Test func `a chat that must wait is Queued at once, and the breaker stays closed`() async throws {
            // Telegram's own limits: one message a second to a chat. Who waited for a turn would wait up to a minute.
            try await withSuite(settings: ["gift": GiftFlowTests.settings["gift"] ?? [:]]) { suite in
                try await suite.linkChats(1...1)
                let rewards = try await suite.prepareRewards(60, customers: 1)
                let begin = ContinuousClock.now
                let notifications = try await concurrently(rewards.count, atMost: 20) { index in
                    try await suite.exchange(rewards[index].id).decode(GiftView.self).notification
                }
                let took = begin.duration(to: .now)
                // Whose turn it is within its own call is told so: one a second at most.
                let sent = notifications.count { $0 == "Sent" }
                #expect(sent <= 1 + took.components.seconds, "\(sent) in \(took)")
                #expect(notifications.count { $0 == "Queued" } == rewards.count - sent)
                // Delivering them takes a minute.
                #expect(took < .seconds(30))
                let breaker = try await suite.breaker()
                #expect(breaker.state == "Closed" && breaker.slowCalls == 0)
                #expect(breaker.totals["success"] == 60)
            }
        }

        @Test func `half-open lets through the probes alone, and the operator can force the breaker`() async throws {
            try await FaultProxy.with { proxy in
                let gift = [
                    "TELEGRAM_URL": proxy.url, "TELEGRAM_BREAKER_PROBES": "3", "TELEGRAM_BREAKER_OPEN_TIME": "10s",
                    "TELEGRAM_BREAKER_OPEN_JITTER": "0", "TELEGRAM_DEADLINE": "20s",
                    "TELEGRAM_BREAKER_PROBE_TIMEOUT": "30s",
                ]
                try await withSuite(settings: ["gift": gift]) { suite in
                    proxy.handOn(to: suite["telegram"].url)
                    let rewards = try await suite.prepareRewards(40 + Self.clients, customers: 10).map(\.id)
                    proxy.set(.status(500))
                    try await concurrently(20, atMost: 20) { index in
                        let answer = try await suite.exchange(rewards[index])
                        #expect(answer.status == 201)
                    }
                    #expect(try await suite.breaker().state == "Open")
                    let isReady = try await eventually(within: .seconds(5)) {
                        try await suite.http.get("\(suite["gift"].url)/readyz").status == 200
                    }
                    #expect(isReady, "telegram is none of its readiness's business")
                    #expect(try await suite.metric("circuit_breaker_transitions_total", of: suite["gift"]) == 1)
                    // The open time is over, nobody has called, and then all call at once: far within another one.
                    proxy.set(.status(500, after: .milliseconds(600)))
                    try await Task.sleep(for: .milliseconds(10_100))
                    let before = proxy.received
                    try await concurrently(Self.clients, atMost: Self.clients) { index in
                        let answer = try await suite.exchange(rewards[20 + index])
                        #expect(answer.status == 201 && answer.text.contains("Deferred"))
                    }
                    #expect(proxy.received - before == 3, "the probes and nothing else")

                    let url = "\(suite["gift"].url)/operator/breakers/telegram"
                    for (mode, state) in [("ForcedClosed", "ForcedClosed"), ("ForcedOpen", "ForcedOpen")] {
                        let answer = try await suite.http.send("PUT", url, #"{"mode": "\#(mode)"}"#)
                        #expect(try answer.status == 200 && answer.decode(BreakerView.self).state == state)
                    }
                    proxy.set(.handOn)
                    let forced: GiftView = try await suite.exchange(rewards[Self.clients + 20]).decode()
                    #expect(forced.notification == "Deferred")
                    #expect(try await suite.http.send("PUT", url, #"{"mode": "Automatic"}"#).status == 200)
                    let free: GiftView = try await suite.exchange(rewards[Self.clients + 21]).decode()
                    #expect(free.notification == "Unlinked")
                    #expect(try await suite.http.send("PUT", url, #"{"mode": "Broken"}"#).status == 422)
                    try await suite.settleGifts()
                }
            }
        }
    }
}
