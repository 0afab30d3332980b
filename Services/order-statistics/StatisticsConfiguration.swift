import Foundation
import Orders
import Redis
import RedisSettings
import ServiceRuntime

/// What order-statistics is configured with.
struct StatisticsConfiguration: ServiceConfiguration {
    /// Where orders come from.
    enum Way: Sendable {
        case queue
        case topic(String, KafkaSettings)
    }

    let runtime: RuntimeConfiguration
    let redis: RedisConfiguration
    let way: Way
    /// Length of a window in seconds.
    let windowLength: Int64
    let grace: Duration
    let keep: Duration
    let lease: ReaderLease

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8092)
        redis = try RedisSettings.required(&settings, help: "Where the counts are kept.")
        let via = try settings.choice(
            "ORDERS_VIA", default: OrdersVia.redis, help: "Where orders come from: the Redis list or the Kafka topic.")
        let topic = try settings.string(
            "ORDERS_TOPIC", default: "orders", example: "orders", help: "The topic, with ORDERS_VIA=kafka.")
        let kafka = try KafkaSettings(
            &settings, service: OrderStatistics.name, isNeeded: via == .kafka,
            help: "Brokers to begin with, host:port, several with commas; required with ORDERS_VIA=kafka.")
        way = if via == .kafka, let kafka { .topic(topic, kafka) } else { .queue }
        windowLength = try settings.duration(
            "WINDOW", default: .seconds(30), in: .seconds(1) ... .seconds(86_400),
            help: "Length of a window, in whole seconds. Change it only with an empty store."
        ).components.seconds
        grace = try settings.duration(
            "GRACE", default: .seconds(600),
            help: "Orders that come so long after their window's end still correct it; later ones are counted as late.")
        keep = try settings.duration(
            "KEEP_WINDOWS", default: .seconds(86_400), in: .seconds(60) ... .seconds(366 * 86_400),
            help: "How long windows are kept.")
        let duration = try settings.duration(
            "READER_LEASE", default: .seconds(3), in: .milliseconds(500) ... .seconds(300),
            help: "How long the list waits for a reader that is silent before another replica reads it.")
        let host = ProcessInfo.processInfo.hostName
        let owner = runtime.port == 0 ? UUID().uuidString : "\(host):\(runtime.port)"
        lease = ReaderLease(owner: owner, duration: duration)
    }
}
