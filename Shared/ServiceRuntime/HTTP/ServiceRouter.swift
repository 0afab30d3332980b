import Hummingbird

/// Takes the routes of a service. Paths are written as `/missions/{id}`; HEAD follows GET, OPTIONS and 405 are
/// answered from what is registered.
public final class ServiceRouter {
    let router: Router<ServiceRequestContext>
    private(set) var table = RouteTable()

    init() {
        router = Router(context: ServiceRequestContext.self, options: .autoGenerateHeadEndpoints)
    }

    /// A `GET` route, and `HEAD` with it.
    ///
    /// - Parameter query: The query parameters that the route takes; others are refused with 400.
    public func get(_ path: String, query: [String] = [], use handler: @escaping RouteHandler) {
        on(.get, path, query: query, use: handler)
    }

    /// A `POST` route; see ``get(_:query:use:)``.
    public func post(_ path: String, query: [String] = [], use handler: @escaping RouteHandler) {
        on(.post, path, query: query, use: handler)
    }

    /// A `PUT` route; see ``get(_:query:use:)``.
    public func put(_ path: String, query: [String] = [], use handler: @escaping RouteHandler) {
        on(.put, path, query: query, use: handler)
    }

    /// A `PATCH` route; see ``get(_:query:use:)``.
    public func patch(_ path: String, query: [String] = [], use handler: @escaping RouteHandler) {
        on(.patch, path, query: query, use: handler)
    }

    /// A `DELETE` route; see ``get(_:query:use:)``.
    public func delete(_ path: String, query: [String] = [], use handler: @escaping RouteHandler) {
        on(.delete, path, query: query, use: handler)
    }

    /// Registers a handler for any method.
    public func on(
        _ method: HTTPRequest.Method, _ path: String, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        table.add(path, method)
        let responder = RouteResponder(metrics: RouteMetrics(route: path), query: query, handler: handler)
        router.on(RouterPath(path), method: method, responder: responder)
    }

    /// The finished responder; the answer for what no route matches comes last, so that it covers nothing else.
    func buildResponder() -> RouterResponder<ServiceRequestContext> {
        let unmatched = UnmatchedResponder(table: table)
        let responder = RouteResponder(
            metrics: RouteMetrics(route: "unmatched"), query: nil, handler: unmatched.answer)
        router.middlewares.add(UnmatchedMiddleware(responder: responder))
        return router.buildResponder()
    }
}

/// Stands in for Hummingbird's own 404.
private struct UnmatchedMiddleware: RouterMiddleware {
    let responder: RouteResponder

    func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        await responder.respond(to: request, context: context)
    }
}
