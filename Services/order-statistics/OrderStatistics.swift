import Redis
import ServiceRuntime

/// `order-statistics`: counts coffee orders per branch in tumbling windows.
@main
enum OrderStatistics: ServiceDefinition {
    static let name = "order-statistics"
    static let abstract = "Counts coffee orders per branch in tumbling windows, each order once."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)

    static func isUnavailable(_ error: any Error) -> Bool { (error as? RedisError)?.isRetriable ?? false }
}
