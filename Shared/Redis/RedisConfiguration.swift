import Foundation

/// Where a Redis server is, who connects, and how long anything may take.
public struct RedisConfiguration: Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16
    public var database: Int
    /// For servers with access control lists; most have a password alone.
    public var user: String?
    public var connectTimeout: Duration = .seconds(3)
    /// How long an answer may be awaited; longer means that the connection is lost.
    public var commandTimeout: Duration = .seconds(10)
    /// Shown by `CLIENT LIST`.
    public var clientName = "redis-client"

    /// With `rediss://`.
    public var encryption: RedisEncryption?

    let password: String?

    /// Parses `redis://user:password@host:port/database`; parts are percent-decoded.
    ///
    /// With `rediss://` the connection is encrypted, and `?sslrootcert=…&sslcert=…&sslkey=…` may name the files of
    /// ``RedisEncryption``.
    ///
    /// - Throws: ``RedisError`` with code `configuration`; its description never contains the password.
    public init(url: String) throws(RedisError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme else {
            throw .configuration("it is not a URL")
        }
        guard scheme == "redis" || scheme == "rediss" else {
            throw .configuration("it does not begin with redis:// or rediss://")
        }
        guard let host = parts.host, !host.isEmpty else { throw .configuration("the host is missing") }
        guard (1...65_535).contains(parts.port ?? 6379) else { throw .configuration("the port is out of range") }
        let path = parts.path.drop { $0 == "/" }
        guard path.isEmpty || Int(path).map({ $0 >= 0 }) == true else {
            throw .configuration("the database is not a number")
        }
        encryption = scheme == "rediss" ? try RedisEncryption(parts.queryItems ?? []) : nil
        guard encryption != nil || (parts.queryItems ?? []).isEmpty else {
            throw .configuration("parameters belong to rediss:// alone")
        }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = UInt16(parts.port ?? 6379)
        database = Int(path) ?? 0
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password
        if user != nil, password == nil { throw .configuration("there is a user but no password") }
    }

    /// `host:port/database`, safe to show.
    public var address: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)" }

    public var description: String { "Redis at \(address)" }
}

extension RedisConfiguration: CustomReflectable {
    /// Keeps the password out of dumps.
    public var customMirror: Mirror { Mirror(self, children: ["address": address]) }
}
