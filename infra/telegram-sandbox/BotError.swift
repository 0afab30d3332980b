import Hummingbird

/// A refusal in the Bot API's own form.
struct BotError: Error {
    var code: Int
    var description: String
    /// Seconds until a repeat is allowed.
    var retryAfter: Int?

    init(_ code: Int, _ description: String, retryAfter: Int? = nil) {
        self.code = code
        self.description = description
        self.retryAfter = retryAfter
    }

    /// What the real API says under this status.
    init(status: Int, retryAfter: Int?) {
        switch status {
        case 400: self.init(400, "Bad Request: chat not found")
        case 401: self.init(401, "Unauthorized")
        case 403: self.init(403, "Forbidden: bot was blocked by the user")
        case 404: self.init(404, "Not Found")
        case 429: self.init(429, "Too Many Requests: retry after \(retryAfter ?? 1)", retryAfter: retryAfter ?? 1)
        default: self.init(status, HTTPResponse.Status(code: status).reasonPhrase, retryAfter: retryAfter)
        }
    }

    func response() throws -> Response {
        var headers = HTTPFields()
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        return try JSONAnswer.bot(status: .init(code: code), headers: headers, Answer(self))
    }

    private struct Answer: Encodable {
        var ok = false
        var errorCode: Int
        var description: String
        var parameters: Parameters?

        init(_ error: BotError) {
            errorCode = error.code
            description = error.description
            parameters = error.retryAfter.map(Parameters.init)
        }
    }

    private struct Parameters: Encodable {
        var retryAfter: Int
    }
}
