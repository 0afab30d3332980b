import HTTPTypes

/// A GET route that is answered on the event loop, without a task per request.
///
/// Worth its while for hot reads only. The handler runs on the event loop and must not block: it answers through the
/// responder at once or hands the responder to somebody who does later, from any thread.
public struct FastRoute: Sendable {
    /// What the path begins with, such as `/mypages/`; one further path segment must follow.
    public let prefix: String
    /// The route's name in metrics, such as `/mypages/{id}`.
    public let route: String
    /// Returns `false`, without touching the responder, to let the ordinary route of that path answer.
    public let handle: @Sendable (FastRequest, FastResponder) -> Bool

    public init(
        prefix: String, route: String, handle: @escaping @Sendable (FastRequest, FastResponder) -> Bool
    ) {
        self.prefix = prefix
        self.route = route
        self.handle = handle
    }
}

/// A request as a ``FastRoute`` sees it. It has no body and no query.
public struct FastRequest: Sendable {
    /// Method, path and header fields.
    public let head: HTTPRequest
    /// The path segment behind the route's prefix.
    public let remainder: Substring

    /// The remainder as a positive 64-bit integer; `nil` if it is none.
    public var id: Int64? { PathID.parse(remainder) }

    /// A header field's value.
    public subscript(header: HTTPField.Name) -> String? { head.headerFields[header] }
}

/// The answer of a ``FastRoute``.
public struct FastAnswer: Sendable {
    public var status: HTTPResponse.Status
    public var headers: HTTPFields
    /// JSON.
    public var body: [UInt8]

    public init(json body: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
