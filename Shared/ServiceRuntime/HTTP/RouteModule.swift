/// A group of routes that a service answers; tests register it on a router of their own.
public protocol RouteModule: Sendable {
    func register(on router: ServiceRouter)
}

/// A handler: gets the request with its body and what is known of it, and answers or throws.
///
/// A `DomainError` becomes problem+json by its kind; any other error is logged and answered with 500.
public typealias RouteHandler = @Sendable (Request, ServiceRequestContext) async throws -> Response
