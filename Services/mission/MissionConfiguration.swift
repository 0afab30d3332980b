import PublishingService
import ServiceRuntime

/// What mission is configured with.
struct MissionConfiguration: ServiceConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }

    init(_ settings: inout SettingsReader) throws {
        publishing = try PublishingSettings(&settings, name: MissionService.name, defaultPort: 8081)
    }
}
