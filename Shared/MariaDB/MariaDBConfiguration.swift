import Foundation

/// Where a MariaDB server is, who connects, and how long anything may take.
public struct MariaDBConfiguration: Sendable, CustomStringConvertible {
    /// Whether the connection is encrypted; `sslmode` in the URL.
    public enum Encryption: String, Sendable {
        case disable
        /// Encrypted, without looking at the certificate.
        case require
        /// Encrypted, and the certificate belongs to the host.
        case verifyFull = "verify-full"
    }

    public var host: String
    public var port: UInt16
    public var user: String
    public var database: String
    public var encryption: Encryption = .disable
    /// A file with the certificate authorities to trust; `sslrootcert` in the URL.
    public var certificateAuthorities: String?

    /// Shown in the server's process list as a connection attribute.
    public var applicationName = "mariadb-client"
    public var connectTimeout: Duration = .seconds(3)
    /// How long one answer of the server may be awaited; longer means that the connection is lost.
    public var readTimeout: Duration = .seconds(10)
    public var writeTimeout: Duration = .seconds(10)
    /// After this the server gives up a statement; below `readTimeout`, so that the connection survives it.
    public var statementTimeout: Duration = .seconds(8)
    /// How long a statement waits for another transaction's row lock.
    public var lockTimeout: Duration = .seconds(5)
    /// After this the server ends a session whose transaction stands still, so that a stopped process keeps no locks.
    public var idleInTransactionTimeout: Duration = .seconds(3)

    let password: String

    /// Parses `mariadb://user:password@host:port/database?sslmode=require`; parts are percent-decoded.
    ///
    /// - Throws: ``MariaDBError`` with code `configuration`; its description never contains the password.
    public init(url: String) throws(MariaDBError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme else {
            throw .configuration("it is not a URL")
        }
        guard scheme == "mariadb" || scheme == "mysql" else {
            throw .configuration("it does not begin with mariadb://")
        }
        guard let host = parts.host, !host.isEmpty else { throw .configuration("the host is missing") }
        guard let user = parts.user, !user.isEmpty else { throw .configuration("the user is missing") }
        let database = String(parts.path.dropFirst())
        guard !database.contains("/") else { throw .configuration("the database's name contains a slash") }
        guard (1...65_535).contains(parts.port ?? 3306) else { throw .configuration("the port is out of range") }
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.port = UInt16(parts.port ?? 3306)
        self.user = user
        self.password = parts.password ?? ""
        self.database = database
        for item in parts.queryItems ?? [] {
            switch item.name {
            case "sslmode":
                guard let value = item.value.flatMap(Encryption.init(rawValue:)) else {
                    throw .configuration("sslmode is none of disable, require, verify-full")
                }
                encryption = value
            case "sslrootcert": certificateAuthorities = item.value
            default: throw .configuration("the only parameters are sslmode and sslrootcert")
            }
        }
    }

    /// `host:port/database`, safe to show.
    public var address: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)" }

    public var description: String { "MariaDB at \(address)" }
}

extension MariaDBConfiguration: CustomReflectable {
    /// Keeps the password out of dumps.
    public var customMirror: Mirror { Mirror(self, children: ["address": address]) }
}
