import Contracts
import Hummingbird
import NIOCore
import NIOHTTP1

/// Runs one route's handler and does for it what every route needs: ids, authorization, query check, errors as
/// problem+json, metrics, logs. It never throws but for a connection that broke while the request was read.
struct RouteResponder: HTTPResponder {
    typealias Context = ServiceRequestContext

    private let route: String
    private let access: Access
    private let gate: AuthGate?
    private let query: [String]?
    private let handler: RouteHandler
    private let metrics: RouteMetrics

    /// - Parameters:
    ///   - gate: Who is let in; `nil` lets everybody in.
    ///   - query: `nil` lets any query pass, for paths that are answered with an error anyway.
    init(route: String, access: Access, gate: AuthGate?, query: [String]?, handler: @escaping RouteHandler) {
        self.route = route
        self.access = access
        self.gate = gate
        self.query = query
        self.handler = handler
        metrics = RouteMetrics(route: route)
    }

    func respond(to request: Request, context: ServiceRequestContext) async -> Response {
        let start = NIODeadline.now()
        var (request, context) = (request, context)
        prepare(&context, for: request)
        var response: Response
        do {
            try await authorize(&request, &context)
            if let query { context.queryItems = try QueryString.parse(request.head.path ?? "/", allowing: query) }
            response = try await handler(request, context)
        } catch {
            response = refusal(error, context)
        }
        audit(response, context)
        response.headers[.requestID] = context.requestID
        response.headers[.correlationID] = context.correlationID
        let elapsed = NIODeadline.now() - start
        metrics.record(method: request.method, status: response.status.code, elapsed: elapsed)
        context.logger.debug(
            "request",
            metadata: [
                LogKey.method: "\(request.method)", LogKey.path: "\(SafeText.singleLine(context.path))",
                LogKey.status: "\(response.status.code)", LogKey.milliseconds: "\(elapsed.nanoseconds / 1_000_000)",
                LogKey.requestID: "\(context.requestID)",
            ])
        return response
    }

    private func authorize(_ request: inout Request, _ context: inout ServiceRequestContext) async throws {
        guard let gate, let caller = try await gate.authorizer.authorize(&request, access) else { return }
        context.caller = caller
        context.scope = access.scope(of: caller)
    }

    private func refusal(_ error: any Error, _ context: ServiceRequestContext) -> Response {
        if let gate {
            switch error {
            case let error as AuthRefusal: gate.audit.refused(error, entry(context))
            case let error as DomainError where error.kind == .forbidden:
                gate.audit.refused(error, context.caller, entry(context))
            default: break
            }
        }
        return Self.response(for: error, context)
    }

    /// Tells of what operators do, not of what they look at.
    private func audit(_ response: Response, _ context: ServiceRequestContext) {
        guard let gate, let caller = context.caller, caller.roles.contains(.operator), context.head.method != .get,
            context.head.method != .head
        else { return }
        gate.audit.acted(caller, status: response.status.code, entry(context))
    }

    private func entry(_ context: ServiceRequestContext) -> AuditLog.Entry {
        AuditLog.Entry(method: "\(context.head.method)", route: route, requestID: context.requestID)
    }

    private func prepare(_ context: inout ServiceRequestContext, for request: Request) {
        let headers = request.headers
        context.head = request.head
        (context.requestID, context.correlationID) = HeaderValue.ids(headers)
    }

    private static func response(for error: any Error, _ context: ServiceRequestContext) -> Response {
        problem(for: error, context).response(requestID: context.requestID)
    }

    private static func problem(for error: any Error, _ context: ServiceRequestContext) -> Problem {
        switch error {
        case let error as DomainError: return Problem(error)
        case let error as Problem: return error
        case let error as AuthRefusal: return error.problem
        case is NIOTooManyBytesError: return Problem(.bodyTooLarge(limit: RequestBodyLimit.standard))
        case is HTTPParserError:
            return Problem(
                status: .badRequest, slug: "malformed-request", detail: "The request is not well-formed HTTP.",
                headers: [.connection: "close"])
        case let error as any HTTPResponseError:
            return Problem(
                status: error.status, slug: "request-refused",
                detail: "The request was refused: \(error.status.reasonPhrase).")
        case is CancellationError:
            return Problem(
                status: .serviceUnavailable, slug: "shutting-down", detail: "The service is stopping; try again.",
                headers: [.retryAfter: "1", .connection: "close"])
        default:
            context.logger.error(
                "request failed",
                metadata: [
                    LogKey.method: "\(context.head.method)", LogKey.path: "\(SafeText.singleLine(context.path))",
                    LogKey.error: "\(ErrorText.line(error))",
                    LogKey.requestID: "\(context.requestID)",
                ])
            return .internal
        }
    }
}
