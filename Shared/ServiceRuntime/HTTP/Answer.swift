import Contracts
import Hummingbird
import NIOCore

/// Makes the answers of handlers.
public enum Answer {
    /// A value as JSON with sorted keys.
    public static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
        token: ConsistencyToken? = nil
    ) -> Response {
        bytes(JSON.encode(value), status: status, headers: headers, token: token)
    }

    /// Bytes that are JSON already, such as a first answer that is given again.
    public static func bytes(
        _ json: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
        token: ConsistencyToken? = nil
    ) -> Response {
        var headers = headers
        if !headers.contains(.contentType) { headers[.contentType] = "application/json" }
        if let token { headers[.consistencyToken] = token.description }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }

    /// 201 with `Location`.
    public static func created(
        _ value: some Encodable, location: String, token: ConsistencyToken? = nil
    ) -> Response {
        json(value, status: .created, headers: [.location: location], token: token)
    }

    /// One page of a list: `{"items": [...], "next": "..."|null}`.
    public static func page<Item: Encodable>(_ page: Page<Item>) -> Response {
        json(PageBody(items: page.items, next: page.next?.text))
    }

    /// 204, or any other status without a body.
    public static func empty(_ status: HTTPResponse.Status = .noContent) -> Response { Response(status: status) }
}

private struct PageBody<Item: Encodable>: Encodable {
    let items: [Item]
    let next: String?

    private enum Key: CodingKey { case items, next }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
    }
}
