/// Where PostgreSQL is and how patient to be with it.
///
/// The password is held, but appears in no description, dump or error.
public struct PostgresConfiguration: Sendable {
    /// Shown in `pg_stat_activity`.
    public var applicationName: String
    /// The database on the server.
    public var database: String
    /// How long making a connection may take; looking its name up in DNS comes on top.
    public var connectTimeout: Duration = .seconds(3)
    /// How long sent data may stay unacknowledged before the connection counts as lost.
    public var tcpUserTimeout: Duration = .seconds(3)
    /// After this time without a statement the server ends a session that holds a transaction open.
    public var idleInTransactionTimeout: Duration = .seconds(3)
    /// After this time without a statement the server ends the session; `nil`: never.
    public var idleSessionTimeout: Duration?
    /// How long a statement may run; zero: without limit.
    public var statementTimeout: Duration = .seconds(15)
    /// Further settings of the session, such as `enable_bitmapscan=off`.
    public var sessionSettings: [String] = []

    /// What connects those who commit with those who listen, in this process.
    let signals = PostgresSignals()
    /// Who logs in.
    public let user: String
    let host: String
    let port: String
    /// What the URL sets besides: libpq's keywords, the password among them.
    let others: [String: String]

    /// Reads `postgres://user:password@host:port/database?sslmode=…` with libpq's own parser.
    ///
    /// Every keyword of libpq may follow the `?`. Reserved characters in names and passwords are percent-encoded.
    /// - Throws: ``PostgresError`` with code `configuration`; its description never holds the password.
    public init(url: String) throws {
        var options = try ConnectionURL.parse(url)
        user = try options.take("user", or: "names no user before the @")
        host = try options.take("host", or: "names no host")
        database = try options.take("dbname", or: "names no database after the host")
        port = options.removeValue(forKey: "port") ?? "5432"
        applicationName = options.removeValue(forKey: "application_name") ?? ""
        if let seconds = options.removeValue(forKey: "connect_timeout") {
            guard let seconds = Int(seconds), (1...3600).contains(seconds) else {
                throw ConnectionURL.fault("connect_timeout is not a number of seconds")
            }
            connectTimeout = .seconds(seconds)
        }
        others = options
        try ConnectionURL.check(port: port, sslMode: others["sslmode"])
    }

    /// `host:port/database`, safe to show.
    public var address: String {
        host.contains(":") ? "[\(host)]:\(port)/\(database)" : "\(host):\(port)/\(database)"
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(user)@\(address)" }
    public var debugDescription: String { description }
    /// Without children, so that `dump` and debug logs show no password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension [String: String] {
    /// Removes and returns a part that every URL must have.
    fileprivate mutating func take(_ key: String, or fault: String) throws -> String {
        guard let value = removeValue(forKey: key), !value.isEmpty else { throw ConnectionURL.fault(fault) }
        return value
    }
}
