import Hummingbird

/// A refusal by the sandbox's own routes (the Bot API's have their own form), as problem+json.
struct SandboxError: HTTPResponseError {
    var status: HTTPResponse.Status
    var detail: String

    static func badRequest(_ detail: String) -> Self { Self(status: .badRequest, detail: detail) }
    static func conflict(_ detail: String) -> Self { Self(status: .conflict, detail: detail) }
    static func badGateway(_ detail: String) -> Self { Self(status: .badGateway, detail: detail) }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let title = status.reasonPhrase
        let type = title.lowercased().replacing(" ", with: "-")
        let problem = ["type": type, "title": title, "detail": detail]
        return try JSONAnswer.response(status: status, type: "application/problem+json", problem)
    }
}
