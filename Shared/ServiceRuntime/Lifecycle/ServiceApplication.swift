import Logging
import Metrics
import NIOPosix
import ServiceLifecycle

/// A service that is put together; the executable and tests run the same.
public final class ServiceApplication: Sendable {
    public let readiness = Readiness()
    private let runtime: RuntimeConfiguration
    private let logger: Logger
    private let state: ServerState
    private let gate: AuthGate?
    private let preflight: Preflight
    private let services: [any Service]
    private let responder: RouterResponder<ServiceRequestContext>
    private let listening = Gate<Int>()
    private let shutdown = Gate<Duration>()

    /// Builds the service; nothing is opened or connected before ``run()``.
    public init<Definition: ServiceDefinition>(
        _ definition: Definition.Type, configuration: Definition.Configuration, logger: Logger
    ) throws {
        PrometheusRegistry.bootstrap()
        let context = ServiceContext(logger: logger, readiness: readiness, metrics: .shared)
        let assembly = try definition.build(configuration, context)
        let gate = AuthGate(configuration.runtime.auth, logger: logger)
        self.gate = gate
        let preflight = Preflight(
            check: {
                try await gate?.preflight()
                try await assembly.preflight()
            }, isUnavailable: definition.isUnavailable, logger: logger)
        readiness.add("start-up", decides: true) { preflight.readiness() }
        self.preflight = preflight
        self.logger = logger
        runtime = configuration.runtime
        services = (gate.map { [$0.keys] } ?? []) + assembly.services
        state = ServerState(runtime, fastRoutes: assembly.fastRoutes, authorizer: gate?.authorizer)
        let router = ServiceRouter(gate: gate)
        let operational = OperationalRoutes(
            openAPI: definition.openAPI, livenessFile: runtime.livenessFile, readiness: readiness, metrics: .shared)
        operational.register(on: router)
        for module in assembly.routes { module.register(on: router) }
        responder = router.buildResponder()
        Self.exposeGauges(of: state)
        if let gate {
            readiness.add("auth", decides: true) { gate.keys.check() }
            gate.keys.exposeGauges(.shared)
        }
    }

    /// Runs until ``shutDown(drain:)``, or until something fails.
    ///
    /// - Cancellation: Ends at once, without draining.
    public func run() async throws {
        if gate == nil { logger.warning("AUTH=off: whoever reaches the port may do anything") }
        try await run(serviceGroup(EventLoops.group(threads: runtime.ioThreads, on: runtime.ioProcessors)))
    }

    /// Not ready from now on; after `drain` (default: `SHUTDOWN_DRAIN`) finishes what is in flight and stops.
    /// Returns at once.
    public func shutDown(drain: Duration? = nil) {
        readiness.startDraining()
        state.startDraining()
        shutdown.open(drain ?? runtime.shutdownDrain)
    }

    /// The port that the server listens on; waits until it does. `nil` when the task is cancelled.
    public func port() async -> Int? { await listening.wait() }

    private func serviceGroup(_ eventLoops: MultiThreadedEventLoopGroup) -> ServiceGroup {
        let server = HTTPServerService(
            host: runtime.host, port: runtime.port, eventLoops: eventLoops, state: state, responder: responder,
            logger: logger, listening: listening)
        var groupLogger = logger
        // It tells of each service's start and end; at info there is nothing of interest.
        groupLogger.logLevel = max(logger.logLevel, .notice)
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [HealthService(readiness: readiness)] + services + [server], logger: groupLogger))
    }

    private func run(_ group: ServiceGroup) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await self.preflight.run()
                return false
            }
            tasks.addTask {
                try? await Task.sleep(for: .seconds(1))
                self.preflight.attempted.open()
                return false
            }
            tasks.addTask {
                guard let drain = await self.shutdown.wait() else { return false }
                try? await Task.sleep(for: drain)
                await group.triggerGracefulShutdown()
                return false
            }
            tasks.addTask {
                _ = await self.preflight.attempted.wait()
                guard !Task.isCancelled else { return true }
                try await group.run()
                return true
            }
            // The service group ends last; whatever else still waits then has nothing left to wait for.
            while let isEnd = try await tasks.next(), !isEnd {}
            tasks.cancelAll()
        }
    }

    private static func exposeGauges(of state: ServerState) {
        let requests = Gauge(label: "http_requests_in_flight")
        let connections = Gauge(label: "http_connections")
        PrometheusRegistry.shared.onScrape {
            requests.record(state.requestCount)
            connections.record(state.connectionCount)
        }
    }
}
