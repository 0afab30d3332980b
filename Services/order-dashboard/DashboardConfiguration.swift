import Redis
import ServiceRuntime

/// What order-dashboard is configured with.
struct DashboardConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    let redis: RedisConfiguration

    init(_ settings: inout SettingsReader) throws {
        var runtime = try RuntimeConfiguration(&settings, defaultPort: 3000)
        // A viewer's stream is a request in progress for as long as the viewer looks.
        runtime.maxInFlight = max(runtime.maxInFlight, runtime.maxConnections)
        self.runtime = runtime
        redis = try settings.value(
            "REDIS_URL", example: "redis://:secret@127.0.0.1:6379/0", help: "Where order-statistics keeps its counts.",
            isSecret: true
        ) { text in try RedisConfiguration(url: text) }
    }
}
