/// What went wrong between us and MariaDB.
///
/// `description` is safe to show: it holds no data and no secret. The server's own words are in `debugDescription`.
public struct MariaDBError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// There is no connection: refused, timed out, not allowed, or lost.
        public static let connection = Code(description: "connection")
        /// The server refused the statement.
        public static let query = Code(description: "query")
        /// The configuration is wrong.
        public static let configuration = Code(description: "configuration")
        /// A value does not have the type that was asked for, or cannot be sent.
        public static let decoding = Code(description: "decoding")
        /// Too many jobs wait for a connection of the pool.
        public static let queueFull = Code(description: "queue-full")
        /// The pool is closed.
        public static let closed = Code(description: "closed")
        /// The schema in the database is not the one of this program.
        public static let migration = Code(description: "migration")
    }

    public let code: Code
    /// The server's or the client library's error number; 0 if there is none.
    public let errno: UInt32
    /// The server's SQLSTATE; `nil` if the error did not come from the server.
    public let sqlState: String?
    /// Whether the outcome of a COMMIT is unknown: the connection was lost while it was under way.
    public internal(set) var isCommitAmbiguous = false
    let summary: String
    let detail: String

    init(_ code: Code, errno: UInt32 = 0, sqlState: String? = nil, summary: String, detail: String = "") {
        self.code = code
        self.errno = errno
        self.sqlState = sqlState
        self.summary = summary
        self.detail = detail
    }

    /// Whether the same work may succeed when it is tried again, without anything being changed.
    public var isRetriable: Bool { code == .queueFull || MariaDBErrorNumber.retriable.contains(errno) }
    /// Whether the connection is gone; the next job of a pool connects anew.
    public var isConnectionLost: Bool { MariaDBErrorNumber.connectionLost.contains(errno) }
    /// Whether the server does not let this user in, or not into this database.
    public var isAccessDenied: Bool { MariaDBErrorNumber.accessDenied.contains(errno) }
    /// Whether a unique key refused the row.
    public var isDuplicate: Bool { errno == 1062 }
    /// Whether this user may not run the statement.
    public var isNotAllowed: Bool { [1142, 1227, 1370].contains(errno) }
    /// Whether a table or a view does not exist.
    public var isMissingTable: Bool { errno == 1146 }

    public var description: String {
        switch (errno, sqlState) {
        case (0, _): summary
        case (_, let state?): "\(summary) (error \(errno), SQLSTATE \(state))"
        default: "\(summary) (error \(errno))"
        }
    }

    public var debugDescription: String { detail.isEmpty ? description : "\(description): \(detail)" }

    /// Whether the database lacks a table, a column or a right that the statement needs: it is not migrated, or not
    /// for this user.
    public var isSchemaFault: Bool { [1054, 1142, 1143, 1146].contains(errno) }

    static func configuration(_ fault: String) -> MariaDBError {
        MariaDBError(.configuration, summary: "wrong MariaDB URL: \(fault)")
    }

    static func decoding(_ fault: String) -> MariaDBError { MariaDBError(.decoding, summary: fault) }
}
