import ServiceRuntime
import Testing

@testable import TelegramService

struct ConfigurationTests {
    static let environment = [
        "DATABASE_URL": "postgres://u:p@127.0.0.1:1/telegram", "KAFKA_BROKERS": "127.0.0.1:1",
        "TELEGRAM_BOT_TOKEN": "1:secret_TOKEN-x",
    ]

    private func read(_ changes: [String: String?] = [:]) throws -> TelegramConfiguration {
        var environment = Self.environment
        for (name, value) in changes { environment[name] = value }
        var settings = SettingsReader(environment: environment)
        return try TelegramConfiguration(&settings)
    }

    @Test func `defaults are Telegram's own limits and address`() throws {
        let configuration = try read()
        #expect(configuration.apiURL == "https://api.telegram.org")
        #expect(configuration.limits == BotLimits(rate: 30, chatRate: 1, groupRate: 20))
        #expect(configuration.sending.lease == .seconds(15) && configuration.sending.concurrency == 16)
    }

    @Test(arguments: [
        ["TELEGRAM_BOT_TOKEN": ""], ["TELEGRAM_BOT_TOKEN": "1:secret/../x"], ["TELEGRAM_API_URL": "ftp://x"],
        ["SEND_CONCURRENCY": "0"], ["TELEGRAM_RATE_PER_SECOND": "fast"], ["SEND_TIMEOUT": "10"],
        ["TELEGRAM_WEBHOOK_SECRET": "with space"],
    ])
    func `a wrong value names its variable and shows no secret`(change: [String: String]) throws {
        let error = #expect(throws: SettingError.self) { try read(change.mapValues { $0 }) }
        #expect(error?.variable == change.keys.first)
        #expect(error.map { "\($0)".contains("secret/") || "\($0)".contains("with space") } == false)
    }
}
