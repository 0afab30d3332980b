import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// How quickly gift answers while telegram is in trouble.
    @Suite struct GiftPaceTests {
        private static let clients = 150

        @Test func `whatever telegram does, gift answers quickly and nothing is lost or doubled`() async throws {
            try await FaultProxy.with { proxy in
                var settings = GiftFlowTests.settings
                settings["gift"] = [
                    "TELEGRAM_URL": proxy.url, "TELEGRAM_BREAKER_OPEN_TIME": "6s", "TELEGRAM_BREAKER_OPEN_JITTER": "0",
                ]
                try await withSuite(settings: settings) { suite in
                    let telegram = suite["telegram"]
                    proxy.handOn(to: telegram.url)
                    try await suite.linkChats(1...50)
                    // A second replica of gift whose telegram is the real one, without the stand-in.
                    let direct = suite.copy(
                        of: "gift", port: try FreePort.any(), overriding: ["TELEGRAM_URL": telegram.url])
                    defer { direct.kill() }
                    try direct.start()
                    try await direct.waitUntilReady(suite.http)
                    let clients = GiftClients(
                        suite: suite, rewards: try await suite.prepareRewards(3_200, customers: 50).map(\.id),
                        count: Self.clients)

                    proxy.set(.slow(.seconds(5)))
                    try await clients.expectPatience(via: suite["gift"], while: "telegram takes 5 s")
                    proxy.set(.handOn)
                    try await clients.expectRecovery(of: suite["gift"])

                    proxy.set(.status(500))
                    try await clients.expectPatience(via: suite["gift"], while: "telegram answers 500")
                    proxy.set(.handOn)

                    telegram.signal(SIGSTOP)
                    try await clients.expectPatience(via: direct, while: "telegram is stopped")
                    telegram.signal(SIGCONT)
                    try await clients.expectRecovery(of: direct)

                    telegram.kill()
                    try await clients.expectPatience(via: direct, while: "telegram refuses connections")
                    try telegram.start()
                    try await clients.expectRecovery(of: direct)

                    try await suite.settleGifts()
                    let state = try await suite.giftState()
                    #expect(state.gifts.count == clients.exchanged)
                    // The kill may have caught requests to the Bot API.
                    state.expectMessages(maxUncertain: 16)
                }
            }
        }
    }
}
