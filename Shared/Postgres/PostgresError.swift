/// What went wrong between a caller and PostgreSQL.
///
/// `description` is safe to show: it holds addresses, names and codes, never row data or a password. The server's
/// own message and detail, which may quote row data, are in `debugDescription`.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String
        private init(_ description: String) { self.description = description }

        /// There is no connection: it could not be made, or it was lost.
        public static let connection = Code("connection")
        /// The server refused a statement.
        public static let query = Code("query")
        /// A setting is wrong.
        public static let configuration = Code("configuration")
        /// A value of the result is not what the caller asked for.
        public static let decoding = Code("decoding")
        /// A migration cannot be applied, or was changed after it had been.
        public static let migration = Code("migration")
        /// All connections are busy and the queue in front of them is full.
        public static let queueFull = Code("queueFull")
        /// The pool or session is closed.
        public static let closed = Code("closed")
    }

    public var code: Code
    /// The server's five-character code, `nil` where no server answered.
    public var sqlState: String?
    /// The name of the constraint that was violated.
    public var constraint: String?
    /// The connection was lost while a commit was under way, so that nobody knows whether it took effect.
    ///
    /// A statement outside a transaction commits too, unless it begins with `SELECT`.
    public var isCommitAmbiguous: Bool
    public var description: String
    public var debugDescription: String

    /// The server has forgotten or invalidated the prepared statement; another attempt prepares it anew.
    var isStaleStatement = false
    /// The server's certificate is not the one that was asked for, or it has none: waiting does not mend that.
    var isUntrusted = false

    /// An error with a `description` that is safe to show, and the server's words in `detail`.
    public init(
        _ code: Code, _ description: String, detail: String = "", sqlState: String? = nil, constraint: String? = nil,
        isCommitAmbiguous: Bool = false
    ) {
        self.code = code
        self.description = description
        self.debugDescription = detail.isEmpty ? description : "\(description): \(detail)"
        self.sqlState = sqlState
        self.constraint = constraint
        self.isCommitAmbiguous = isCommitAmbiguous
    }

    /// The server refused a statement that this user may not run.
    public var isNotAllowed: Bool { code == .query && sqlState == SQLState.notAllowed }

    /// There is no connection (any more).
    public var isConnectionLost: Bool { code == .connection }

    /// The same work may pass later: deadlocks, serialization failures, shortages, lost and refused connections.
    ///
    /// Look at ``isCommitAmbiguous`` too before doing work again that is not idempotent.
    public var isRetriable: Bool {
        switch code {
        case .queueFull: true
        case .connection where sqlState == nil: !isUntrusted
        case .connection, .query: isStaleStatement || sqlState.map(SQLState.isRetriable) ?? false
        default: false
        }
    }
}
