import Contracts
import Hummingbird
import NIOCore
import NIOHTTP1

/// Runs one route's handler and does for it what every route needs: ids, query check, errors as problem+json,
/// metrics, access log. It never throws but for a connection that broke while the request was read.
struct RouteResponder: HTTPResponder {
    typealias Context = ServiceRequestContext

    let metrics: RouteMetrics
    /// `nil` lets any query pass, for paths that are answered with an error anyway.
    let query: [String]?
    let handler: RouteHandler

    func respond(to request: Request, context: ServiceRequestContext) async -> Response {
        let start = NIODeadline.now()
        var context = context
        prepare(&context, for: request)
        var response: Response
        do {
            if let query { context.queryItems = try QueryString.parse(request.head.path ?? "/", allowing: query) }
            response = try await handler(request, context)
        } catch {
            response = Self.response(for: error, context)
        }
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

    private func prepare(_ context: inout ServiceRequestContext, for request: Request) {
        let headers = request.headers
        context.head = request.head
        let requestID = HeaderValue.identifier(headers[.requestID], limit: 128)
        let correlationID = HeaderValue.identifier(headers[.correlationID], limit: 64)
        let made = requestID == nil || correlationID == nil ? UUIDv7.make().uuidString.lowercased() : ""
        context.requestID = requestID ?? made
        context.correlationID = correlationID ?? made
    }

    private static func response(for error: any Error, _ context: ServiceRequestContext) -> Response {
        problem(for: error, context).response(requestID: context.requestID)
    }

    private static func problem(for error: any Error, _ context: ServiceRequestContext) -> Problem {
        switch error {
        case let error as DomainError: return Problem(error)
        case let error as Problem: return error
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
