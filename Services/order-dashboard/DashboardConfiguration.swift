import Redis
import RedisSettings
import ServiceRuntime

/// What order-dashboard is configured with.
struct DashboardConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    let redis: RedisConfiguration

    init(_ settings: inout SettingsReader) throws {
        var runtime = try RuntimeConfiguration(&settings, defaultPort: 3000)
        // A viewer's stream is a request in progress for as long as the viewer looks.
        runtime.maxInFlight = max(runtime.maxInFlight, runtime.maxConnections)
        // Who does not read is sent the present later, not hours of the past.
        runtime.sendBuffer = 64 << 10
        self.runtime = runtime
        redis = try RedisSettings.required(&settings, help: "Where order-statistics keeps its counts.")
    }
}
