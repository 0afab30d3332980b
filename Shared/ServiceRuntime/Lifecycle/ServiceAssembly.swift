import ServiceLifecycle

/// What a service consists of.
public struct ServiceAssembly: Sendable {
    /// In the order in which they start: stores first, consumers last; they stop in reverse order, and the HTTP server,
    /// which the runtime adds at the end, before all of them. Each needs a fixed `description`.
    public var services: [any Service]
    public var routes: [any RouteModule]
    public var fastRoutes: [FastRoute]
    /// Checks at start what only the outside can tell: the store's address, the password, the schema. Serving begins
    /// when it has had its first outcome or after a second. While it throws what
    /// ``ServiceDefinition/isUnavailable(_:)`` accepts it is repeated and the service is not ready; anything else
    /// ends the process with the error's description as its one line.
    public var preflight: @Sendable () async throws -> Void

    public init(
        services: [any Service] = [], routes: [any RouteModule] = [], fastRoutes: [FastRoute] = [],
        preflight: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.services = services
        self.routes = routes
        self.fastRoutes = fastRoutes
        self.preflight = preflight
    }
}
