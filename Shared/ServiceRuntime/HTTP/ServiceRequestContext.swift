import Auth
import Hummingbird
import NIOCore

/// What a handler knows of its request besides the body.
public struct ServiceRequestContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Method, path and header fields.
    public internal(set) var head: HTTPRequest
    /// The caller's `x-request-id`, or one made here; it is in the answer too.
    public internal(set) var requestID: String
    /// The caller's `correlationid`, or one made here; it goes into every event that follows from a write.
    public internal(set) var correlationID: String
    /// Who calls; `nil` where nobody has to say: with `AUTH=off`, and on routes for everyone.
    public internal(set) var caller: Caller?
    /// Whose data the caller may see and change here. Handlers that touch customers' data hand it on.
    public internal(set) var scope = Scope.everyone
    var queryItems: [(name: String, value: String)] = []

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: nil)
        requestID = ""
        correlationID = ""
    }

    /// The caller's `correlationid`, if it gave one.
    public var givenCorrelationID: String? { HeaderValue.identifier(head.headerFields[.correlationID], limit: 64) }

    /// The trace of this request as a child of the caller's `traceparent`, or a new one.
    public var trace: TraceContext {
        head.headerFields[.traceparent].flatMap { TraceContext($0) }?.child() ?? TraceContext()
    }

    /// The path without its query.
    public var path: String {
        guard let path = head.path else { return "/" }
        return String(path.prefix { $0 != "?" })
    }

    /// A path parameter that is a positive 64-bit integer.
    ///
    /// - Errors: 400 `invalid-id`.
    public func pathID(_ name: String = "id") throws -> Int64 {
        let text = coreContext.parameters.get(name) ?? ""
        guard let id = PathID.parse(text) else {
            throw DomainError(
                .malformed, slug: "invalid-id",
                detail: "The \(name) in the path must be a whole number from 1 to \(Int64.max).")
        }
        return id
    }

    /// A path parameter as text, percent-decoded.
    ///
    /// - Errors: 400 `invalid-path`.
    public func pathText(_ name: String, maxLength: Int = 255) throws -> String {
        let raw = coreContext.parameters.get(name) ?? ""
        guard let text = PercentEncoding.decode(raw[...], plusIsSpace: false), !text.isEmpty,
            text.unicodeScalars.count <= maxLength, !text.unicodeScalars.contains("\0")
        else {
            throw DomainError(
                .malformed, slug: "invalid-path",
                detail: "The \(name) in the path must be 1 to \(maxLength) characters of percent-encoded UTF-8.")
        }
        return text
    }
}
