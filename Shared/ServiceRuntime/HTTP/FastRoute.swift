import Contracts
import HTTPTypes
import NIOCore

/// A route that is answered on the event loop, without a task per request: a GET, or a POST with a small body.
///
/// It gets requests whose caller is known already: with `AUTH=on` the first request with a token goes to the ordinary
/// route, and so does whatever is to be refused. Every fast route stands beside an ordinary one of the same path.
///
/// Worth its while for hot routes only. The handler runs on the event loop and must not block: it answers through the
/// responder at once or hands the responder to somebody who does later, from any thread.
public struct FastRoute: Sendable {
    /// Which requests it takes.
    enum Kind: Sendable {
        /// GET and HEAD without query and body; one path segment follows the prefix.
        case read(prefix: String)
        /// POST of exactly this path, with any query and a body of a declared length up to the limit.
        case write(path: String, limit: Int)
        /// The same without query, with one path segment between the two parts.
        case writeBelow(prefix: String, suffix: String, limit: Int)
    }

    let kind: Kind
    let access: Access
    /// The route's name in metrics, such as `/mypages/{id}`.
    public let route: String
    /// Returns `false`, without touching the responder, to let the ordinary route of that path answer.
    public let handle: @Sendable (FastRequest, FastResponder) -> Bool

    /// A GET route.
    ///
    /// - Parameters:
    ///   - prefix: What the path begins with, such as `/mypages/`; one further path segment must follow.
    ///   - access: Who may call it, as the ordinary route says.
    public init(
        prefix: String, route: String, for access: Access = .nobody,
        handle: @escaping @Sendable (FastRequest, FastResponder) -> Bool
    ) {
        kind = .read(prefix: prefix)
        self.access = access
        self.route = route
        self.handle = handle
    }

    /// A POST route. The ordinary route of the same path gets what is larger, or has no declared length.
    ///
    /// - Parameters:
    ///   - access: Who may call it, as the ordinary route says.
    ///   - maxBody: The largest body in bytes; it is held in memory.
    public init(
        post path: String, for access: Access = .nobody, maxBody: Int,
        handle: @escaping @Sendable (FastRequest, FastResponder) -> Bool
    ) {
        kind = .write(path: path, limit: maxBody)
        self.access = access
        route = path
        self.handle = handle
    }

    /// A POST route with a name in its path, such as `/queues/{group}/messages`; otherwise as
    /// ``init(post:maxBody:handle:)``.
    ///
    /// - Parameters:
    ///   - prefix: What the path begins with, such as `/queues/`; one path segment follows.
    ///   - suffix: What follows that segment, such as `/messages`.
    public init(
        post prefix: String, suffix: String, route: String, for access: Access = .nobody, maxBody: Int,
        handle: @escaping @Sendable (FastRequest, FastResponder) -> Bool
    ) {
        kind = .writeBelow(prefix: prefix, suffix: suffix, limit: maxBody)
        self.access = access
        self.route = route
        self.handle = handle
    }

    /// What the handler is told as ``FastRequest/remainder``, or `nil` when the request is not for this route.
    func remainder(of head: HTTPRequest) -> Substring? {
        guard let path = head.path else { return nil }
        switch kind {
        case .read(let prefix):
            guard head.method == .get || head.method == .head else { return nil }
            return Self.segment(of: path, prefix: prefix, suffix: "")
        case .write(let own, let limit):
            guard path.utf8.starts(with: own.utf8), Self.isSmallPost(head, limit) else { return nil }
            let rest = path.dropFirst(own.count)
            return rest.isEmpty ? rest : rest.first == "?" ? rest.dropFirst() : nil
        case .writeBelow(let prefix, let suffix, let limit):
            guard let segment = Self.segment(of: path, prefix: prefix, suffix: suffix), Self.isSmallPost(head, limit)
            else { return nil }
            return segment
        }
    }

    /// The path segment between the two, unless it is empty, is more than one, or must be decoded.
    private static func segment(of path: String, prefix: String, suffix: String) -> Substring? {
        let text = path.utf8
        guard text.count > prefix.utf8.count + suffix.utf8.count, text.starts(with: prefix.utf8),
            text.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        else { return nil }
        let segment = text.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        guard !segment.contains(where: { $0 == 0x2F || $0 == 0x3F || $0 == 0x25 }) else { return nil }
        return path[segment.startIndex..<segment.endIndex]
    }

    private static func isSmallPost(_ head: HTTPRequest, _ limit: Int) -> Bool {
        guard head.method == .post, let length = head.headerFields[.contentLength].flatMap({ Int($0) }) else {
            return false
        }
        return length > 0 && length <= limit && head.headerFields[.expect] == nil
    }
}

/// A request as a ``FastRoute`` sees it.
public struct FastRequest: Sendable {
    /// Method, path and header fields.
    public let head: HTTPRequest
    /// The path segment that the route leaves open; for a POST route without one the query, without its `?`.
    public let remainder: Substring
    /// POST: the whole body.
    public let body: ByteBuffer
    /// Whose data the caller may see here.
    public let scope: Scope
    /// Whether the caller's token was looked at and is good for this route; `false` where nobody has to say who calls.
    public let isAuthenticated: Bool

    /// The remainder as a positive 64-bit integer; `nil` if it is none.
    public var id: Int64? { PathID.parse(remainder) }

    /// The caller's `correlationid`, if it gave one.
    public var correlationID: String? { HeaderValue.identifier(head.headerFields[.correlationID], limit: 64) }

    /// `x-request-id` and `correlationid` as ordinary routes answer them: the caller's, or one that is made here.
    public var answerIDs: HTTPFields {
        let ids = HeaderValue.ids(head.headerFields)
        return [.requestID: ids.request, .correlationID: ids.correlation]
    }

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
