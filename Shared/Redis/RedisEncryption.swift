import Foundation

/// How a connection by `rediss://` is encrypted. The server's certificate is always checked, and that it belongs to the
/// host of the URL.
public struct RedisEncryption: Sendable, Hashable {
    /// A file with the certificate authorities to trust; without it those of the system.
    public var authorities: String?
    /// Files with our own certificate and its key, for servers that want one.
    public var certificate: String?
    public var key: String?

    public init() {}
}

extension RedisEncryption {
    /// Reads a URL's parameters.
    init(_ items: [URLQueryItem]) throws(RedisError) {
        for item in items {
            guard let file = item.value, !file.isEmpty else { throw .configuration("\(item.name) names no file") }
            switch item.name {
            case "sslrootcert": authorities = file
            case "sslcert": certificate = file
            case "sslkey": key = file
            default: throw .configuration("the only parameters are sslrootcert, sslcert and sslkey")
            }
        }
        guard (certificate == nil) == (key == nil) else { throw .configuration("sslcert and sslkey go together") }
    }
}
