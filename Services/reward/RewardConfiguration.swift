import PublishingService
import ServiceRuntime

/// What reward is configured with.
struct RewardConfiguration: MessagingConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }
    var kafka: KafkaSettings { publishing.kafka }

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: RewardService.name, defaultPort: 8082)
    }
}
