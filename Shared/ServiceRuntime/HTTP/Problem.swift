import Contracts
import HTTPTypes
import Hummingbird
import NIOCore

/// An error answer as RFC 9457 describes it.
struct Problem: Error, Sendable {
    var status: HTTPResponse.Status
    var slug: String
    var detail: String
    var headers: HTTPFields = [:]

    init(status: HTTPResponse.Status, slug: String, detail: String, headers: HTTPFields = [:]) {
        self.status = status
        self.slug = slug
        self.detail = detail
        self.headers = headers
    }

    init(_ error: DomainError) {
        status = error.kind.status
        slug = error.slug
        detail = error.detail
        if let seconds = error.retryAfter ?? error.kind.defaultRetryAfter { headers[.retryAfter] = String(seconds) }
        if error.kind == .unauthenticated { headers[.wwwAuthenticate] = Self.challenge }
        if error.kind == .tooLarge { headers[.connection] = "close" }
    }

    /// What a 401 says must be brought (RFC 6750, section 3).
    static let challenge = "Bearer realm=\"game\""

    static let `internal` = Problem(
        status: .internalServerError, slug: "internal-error",
        detail: "The request could not be completed because of a fault on our side; it is in the log.")

    /// `application/problem+json`.
    func body(requestID: String?) -> ByteBuffer {
        var json = JSONWriter()
        json.beginObject()
        json.field("detail", detail)
        if let requestID { json.field("requestId", requestID) }
        json.field("status", Int64(status.code))
        json.field("title", status.reasonPhrase)
        json.field("type", slug)
        json.endObject()
        return ByteBuffer(bytes: json.bytes)
    }

    func response(requestID: String?) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body(requestID: requestID)))
    }
}

extension DomainError.Kind {
    /// The HTTP status that says the same.
    public var status: HTTPResponse.Status {
        switch self {
        case .invalid: .unprocessableContent
        case .malformed: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .unavailable: .serviceUnavailable
        case .overloaded: .tooManyRequests
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        }
    }

    var defaultRetryAfter: Int? { self == .unavailable || self == .overloaded ? 1 : nil }
}
