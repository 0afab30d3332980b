import PublishingService
import ServiceRuntime

/// What mission is configured with.
struct MissionConfiguration: MessagingConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }
    var kafka: KafkaSettings { publishing.kafka }

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: MissionService.name, defaultPort: 8081)
    }
}
