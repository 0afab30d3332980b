import PublishingService
import ServiceRuntime

/// What reward is configured with.
struct RewardConfiguration: ServiceConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: RewardService.name, defaultPort: 8082)
    }
}
