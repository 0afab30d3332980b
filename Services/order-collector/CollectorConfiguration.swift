import Foundation
import Kafka
import Orders
import Redis
import RedisSettings
import ServiceRuntime

/// What the collector is configured with; the pipeline itself stands in a YAML file.
struct CollectorConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    let plan: CollectorPlan
    /// Where positions and channels are kept.
    let folder: String
    let redis: RedisConfiguration?
    let kafka: KafkaConfiguration?

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8091)
        folder = try settings.string(
            "COLLECTOR_STATE", default: "order-collector-state", example: "/var/lib/order-collector",
            help: "Folder for positions and file channels; it must survive a restart.")
        redis = try RedisSettings.optional(&settings, help: "For sinks of type redis.")
        kafka = try KafkaSettings(
            &settings, service: OrderCollector.name,
            help: "Brokers to begin with, host:port, several with commas; for sinks of type kafka."
        )?.client
        let file = try settings.optionalString(
            "COLLECTOR_CONFIG", example: "/etc/order-collector.yaml",
            help: "The pipeline. Without it ORDERS_FILE is followed into what ORDERS_VIA names.")
        let via = try settings.choice(
            "ORDERS_VIA", default: OrdersVia.redis,
            help: "Without COLLECTOR_CONFIG: whether orders go by the Redis list or by the Kafka topic.")
        let orders = try settings.string(
            "ORDERS_FILE", default: "orders.jsonl", example: "/var/log/orders.jsonl",
            help: "Without COLLECTOR_CONFIG: the file to follow.")
        if let file {
            plan = try Self.plan(file: file)
        } else {
            let environment = ["ORDERS_FILE": orders, "ORDERS_VIA": via.rawValue]
            let yaml = String(decoding: PackageResources.default_yaml, as: UTF8.self)
            plan = try CollectorPlan(yaml: yaml, environment: environment)
        }
    }

    /// Reads and checks a configuration file.
    ///
    /// - Throws: ``ConfigFault`` with the file's name and the line.
    static func plan(
        file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> CollectorPlan {
        do {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw ConfigFault(line: 0, "cannot be read")
            }
            guard let text = String(data: bytes, encoding: .utf8) else { throw ConfigFault(line: 0, "is not UTF-8") }
            return try CollectorPlan(yaml: text, environment: environment)
        } catch var fault as ConfigFault {
            fault.file = file
            throw SettingError(variable: "COLLECTOR_CONFIG", fault: "\(fault)", example: "/etc/order-collector.yaml")
        }
    }
}
