/// A Lua script that the server runs as one step.
///
/// It is called by its digest; a server that does not know it (it was restarted, or its cache was flushed) gets the
/// whole text. The digest comes from the server itself, once for each connection.
public struct RedisScript: Sendable, Hashable {
    let text: String

    public init(_ text: String) { self.text = text }
}
