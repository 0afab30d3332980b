import PublishingService
import ServiceRuntime

/// What gift is configured with.
struct GiftConfiguration: MessagingConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }
    var kafka: KafkaSettings { publishing.kafka }
    let telegramURL: String
    let call: TelegramCallSettings
    let token: ServiceTokenSettings
    let consistency: ConsistencySettings

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: GiftService.name, defaultPort: 8084)
        telegramURL = try settings.httpURL(
            "TELEGRAM_URL", example: "http://127.0.0.1:8086", help: "Where the service telegram is.")
        call = try TelegramCallSettings(&settings)
        token = try ServiceTokenSettings(&settings)
        consistency = try ConsistencySettings(&settings)
    }
}
