import Hummingbird

/// Answers what no route takes: OPTIONS with 204, a wrong method with 405, anything else with 404.
struct UnmatchedResponder: Sendable {
    let table: RouteTable

    @Sendable func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        guard let allow = table.allowedMethods(path: context.path) else {
            throw DomainError(.notFound, slug: "unknown-route", detail: "There is no such route; see /openapi.yaml.")
        }
        if request.method == .options { return Response(status: .noContent, headers: [.allow: allow]) }
        let problem = Problem(
            status: .methodNotAllowed, slug: "method-not-allowed",
            detail: "This route takes \(allow).", headers: [.allow: allow])
        throw problem
    }
}
