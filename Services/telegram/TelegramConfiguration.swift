import PublishingService
import ServiceRuntime

/// What telegram is configured with. Holds secrets: it is never logged.
struct TelegramConfiguration: MessagingConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }
    var kafka: KafkaSettings { publishing.kafka }
    let apiURL: String
    let botToken: String
    let webhookSecret: String?
    let linkCodeSecret: String?
    let linkCodeLifetime: Duration
    let limits: BotLimits
    let sending: SendSettings

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: TelegramService.name, defaultPort: 8086)
        apiURL = try settings.httpURL(
            "TELEGRAM_API_URL", default: "https://api.telegram.org", example: "http://127.0.0.1:8090",
            help: "Where the Bot API is.")
        botToken = try settings.value(
            "TELEGRAM_BOT_TOKEN", example: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
            help: "The bot's token.", isSecret: true
        ) { text in
            guard text.utf8.allSatisfy(Self.isTokenByte) else {
                throw InvalidValue("must consist of letters, digits, - and _ with a colon, as BotFather gives it")
            }
            return text
        }
        webhookSecret = try settings.optionalValue(
            "TELEGRAM_WEBHOOK_SECRET", example: "a-long-random-word",
            help: "The secret_token of setWebhook; without it the webhook route refuses every update.", isSecret: true
        ) { text in
            guard text.utf8.count <= 256, text.utf8.allSatisfy({ Self.isTokenByte($0) && $0 != 58 }) else {
                throw InvalidValue("must be 1 to 256 letters, digits, - and _")
            }
            return text
        }
        linkCodeSecret = try settings.optionalSecret(
            "LINK_CODE_SECRET", example: "a-long-random-text",
            help: "Signs link codes, the same on all replicas; derived from the token when it is not set.")
        linkCodeLifetime = try settings.duration(
            "LINK_CODE_LIFETIME", default: .seconds(900), in: .seconds(10) ... .seconds(7 * 86_400),
            help: "How long a link code is good.")
        limits = try BotLimits(&settings)
        sending = try SendSettings(&settings)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 45, 48...58, 65...90, 95, 97...122: true
        default: false
        }
    }
}

/// How messages are sent.
struct SendSettings: Sendable {
    let timeout: Duration
    let leaseMargin: Duration
    let concurrency: Int
    let attempts: Int
    let poll: Duration

    /// After this time the other replicas take the sender for dead.
    var lease: Duration { timeout + leaseMargin }

    init(_ settings: inout SettingsReader) throws {
        timeout = try settings.duration(
            "SEND_TIMEOUT", default: .seconds(10), in: .milliseconds(100) ... .seconds(120),
            help: "How long to wait for the Bot API's answer; a message without one becomes Uncertain.")
        leaseMargin = try settings.duration(
            "SEND_LEASE_MARGIN", default: .seconds(5), in: .seconds(1) ... .seconds(120),
            help: "How long after SEND_TIMEOUT a claimed message without an outcome becomes Uncertain.")
        concurrency = try settings.int(
            "SEND_CONCURRENCY", default: 16, in: 1...1024, help: "Requests to the Bot API at once, for each replica.")
        attempts = try settings.int(
            "SEND_ATTEMPTS", default: 8, in: 1...100,
            help: "How often the Bot API may answer a message with 5xx before it is Failed; 429 does not count.")
        poll = try settings.duration(
            "DISPATCH_POLL", default: .milliseconds(500), in: .milliseconds(10) ... .seconds(10),
            help: "The longest time between two looks at the queue.")
    }
}

extension BotLimits {
    fileprivate init(_ settings: inout SettingsReader) throws {
        rate = try settings.double(
            "TELEGRAM_RATE_PER_SECOND", default: 30, in: 0.1...100_000,
            help: "Messages a second with this token, over all replicas and chats.")
        chatRate = try settings.double(
            "TELEGRAM_CHAT_RATE_PER_SECOND", default: 1, in: 0.01...100_000, help: "Messages a second to one chat.")
        groupRate = try settings.double(
            "TELEGRAM_GROUP_RATE_PER_MINUTE", default: 20, in: 0.1...1_000_000,
            help: "Messages a minute to one group (a chat with a negative id).")
    }
}
