import Logging

/// What the runtime gives a service that is being built.
public struct ServiceContext: Sendable {
    public let logger: Logger
    /// Where the service adds its checks.
    public let readiness: Readiness
    /// Where gauges that are computed at scrape time are added.
    public let metrics: PrometheusRegistry

    /// The logger of one part of the service, with a label of its own and the same level.
    public func logger(_ label: String) -> Logger {
        var logger = Logger(label: label)
        logger.logLevel = self.logger.logLevel
        return logger
    }
}
