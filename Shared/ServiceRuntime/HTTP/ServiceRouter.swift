import Hummingbird

/// Takes the routes of a service. Paths are written as `/missions/{id}`; HEAD follows GET, OPTIONS and 405 are
/// answered from what is registered.
public final class ServiceRouter {
    let router: Router<ServiceRequestContext>
    private(set) var table = RouteTable()

    private let gate: AuthGate?

    /// - Parameter gate: Who is let in; `nil` lets everybody in everywhere.
    init(gate: AuthGate? = nil) {
        self.gate = gate
        router = Router(context: ServiceRequestContext.self, options: .autoGenerateHeadEndpoints)
    }

    /// A `GET` route, and `HEAD` with it.
    ///
    /// - Parameters:
    ///   - access: Who may call it; a route that does not say is for nobody.
    ///   - query: The query parameters that the route takes; others are refused with 400.
    public func get(
        _ path: String, for access: Access = .nobody, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        on(.get, path, for: access, query: query, use: handler)
    }

    /// A `POST` route; see ``get(_:for:query:use:)``.
    public func post(
        _ path: String, for access: Access = .nobody, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        on(.post, path, for: access, query: query, use: handler)
    }

    /// A `PUT` route; see ``get(_:for:query:use:)``.
    public func put(
        _ path: String, for access: Access = .nobody, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        on(.put, path, for: access, query: query, use: handler)
    }

    /// A `PATCH` route; see ``get(_:for:query:use:)``.
    public func patch(
        _ path: String, for access: Access = .nobody, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        on(.patch, path, for: access, query: query, use: handler)
    }

    /// A `DELETE` route; see ``get(_:for:query:use:)``.
    public func delete(
        _ path: String, for access: Access = .nobody, query: [String] = [], use handler: @escaping RouteHandler
    ) {
        on(.delete, path, for: access, query: query, use: handler)
    }

    /// Registers a handler for any method.
    public func on(
        _ method: HTTPRequest.Method, _ path: String, for access: Access = .nobody, query: [String] = [],
        use handler: @escaping RouteHandler
    ) {
        table.add(path, method)
        let responder = RouteResponder(
            route: path, access: access, gate: gate, query: query, handler: handler)
        router.on(RouterPath(path), method: method, responder: responder)
    }

    /// The finished responder; the answer for what no route matches comes last, so that it covers nothing else.
    func buildResponder() -> RouterResponder<ServiceRequestContext> {
        let unmatched = UnmatchedResponder(table: table)
        let responder = RouteResponder(
            route: "unmatched", access: .everyone, gate: gate, query: nil, handler: unmatched.answer)
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
