import Logging

/// The variables that every service has.
public struct RuntimeConfiguration: Sendable {
    public var host: String
    /// 0 lets the system choose; tests use it.
    public var port: Int
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// How long the service keeps serving after SIGTERM, not ready, until the load balancers have noticed.
    public var shutdownDrain: Duration
    /// From SIGTERM to the end, the drain included; after it the process ends by force.
    public var shutdownTimeout: Duration
    /// When set, `/livez` fails while this file is missing.
    public var livenessFile: String?
    public var maxConnections: Int
    /// Requests in progress at once; more are refused with 503 and `Retry-After`.
    public var maxInFlight: Int
    public var idleTimeout: Duration
    /// From a request's first byte to the end of its header.
    public var headerTimeout: Duration
    /// From a request's header to the end of its body, streams excepted.
    public var bodyTimeout: Duration
    public var requestRate: RequestRateSettings
    /// How many bytes of answers may wait in the kernel for a client that does not read, about; `nil` leaves that to the
    /// kernel, which grows it to megabytes. For streams that go on for hours.
    public var sendBuffer: Int?
    /// Event loops of the HTTP server.
    public var ioThreads: Int
    /// Where they run; `nil` leaves that to the kernel.
    public var ioProcessors: ProcessorSet?
    /// Who may call.
    public var auth: AuthSettings

    /// - Parameter defaultPort: The service's local port, see `docs/operations.md`.
    public init(_ settings: inout SettingsReader, defaultPort: Int) throws {
        host = try settings.string(
            "HTTP_HOST", default: "127.0.0.1", example: "0.0.0.0", help: "Address to listen on.")
        port = try settings.int(
            "HTTP_PORT", default: defaultPort, in: 0...65_535, help: "Port to listen on; 0 takes any free one.")
        maxConnections = try settings.int(
            "HTTP_MAX_CONNECTIONS", default: 4096, in: 1...100_000,
            help: "Open connections; on those beyond only the probes are answered, the rest gets 503.")
        maxInFlight = try settings.int(
            "HTTP_MAX_IN_FLIGHT", default: 1024, in: 1...100_000,
            help: "Requests in progress at once; those beyond get 503 with Retry-After.")
        idleTimeout = try settings.duration(
            "HTTP_IDLE_TIMEOUT", default: .seconds(60), in: .milliseconds(100) ... .seconds(3600),
            help: "A connection on which nothing happens is closed after this time.")
        headerTimeout = try settings.duration(
            "HTTP_HEADER_TIMEOUT", default: .seconds(10), in: .milliseconds(100) ... .seconds(3600),
            help: "A request whose header is not complete so long after its first byte gets 408.")
        bodyTimeout = try settings.duration(
            "HTTP_BODY_TIMEOUT", default: .seconds(30), in: .milliseconds(100) ... .seconds(3600),
            help: "A request whose body is not complete so long after its header gets 408; streams only have to go on.")
        requestRate = try RequestRateSettings(&settings)
        ioThreads = try settings.int(
            "HTTP_THREADS", default: 2, in: 1...64, help: "Event loops of the HTTP server.")
        ioProcessors = try settings.optionalValue(
            "HTTP_PROCESSORS", example: "0,2-3",
            help: "Processors that the event loops run on and nowhere else; the kernel decides when not set."
        ) { try ProcessorSet($0) }
        logLevel = try settings.choice("LOG_LEVEL", default: .info, help: "Least severe level that is logged.")
        logFormat = try settings.choice("LOG_FORMAT", default: .json, help: "One JSON object a line, or text.")
        shutdownDrain = try settings.duration(
            "SHUTDOWN_DRAIN", default: .seconds(5), in: .zero ... .seconds(600),
            help: "After SIGTERM: how long to keep serving, not ready, before requests are finished and the rest stops."
        )
        shutdownTimeout = try settings.duration(
            "SHUTDOWN_TIMEOUT", default: .seconds(25), in: .milliseconds(100) ... .seconds(3600),
            help: "After SIGTERM: the process ends within this time, SHUTDOWN_DRAIN included.")
        livenessFile = try settings.optionalString(
            "LIVENESS_FILE", example: "/tmp/alive", help: "When set, /livez fails while this file is missing.")
        auth = try AuthSettings(&settings)
        if shutdownTimeout <= shutdownDrain {
            throw SettingError(
                variable: "SHUTDOWN_TIMEOUT",
                fault: "must be longer than SHUTDOWN_DRAIN (\(DurationText.format(shutdownDrain)))",
                example: DurationText.format(shutdownDrain + .seconds(10)))
        }
    }
}

/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
    case json, text
}
