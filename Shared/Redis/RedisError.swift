import WorkerThreads

/// What went wrong between us and Redis.
///
/// `description` is safe to show: it holds no data and no secret. The server's own words are in `debugDescription`.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// There is no connection: refused, timed out, or lost. What was sent last may have been done.
        public static let connection = Code(description: "connection")
        /// The certificate of the server or ours is not accepted, or the server speaks no TLS.
        public static let untrusted = Code(description: "untrusted")
        /// The server refused the command; ``RedisError/prefix`` tells why.
        public static let server = Code(description: "server")
        /// The URL is wrong.
        public static let configuration = Code(description: "configuration")
        /// The server's answer has not the type that was asked for.
        public static let decoding = Code(description: "decoding")
        /// Too many jobs wait for a connection of the pool.
        public static let queueFull = Code(description: "queue-full")
        /// The pool is closed.
        public static let closed = Code(description: "closed")
    }

    public let code: Code
    /// The first word of the server's error, such as `NOSCRIPT`; `nil` if the error did not come from the server.
    public let prefix: String?
    let summary: String
    let detail: String

    init(_ code: Code, prefix: String? = nil, summary: String, detail: String = "") {
        self.code = code
        self.prefix = prefix
        self.summary = summary
        self.detail = detail
    }

    /// An error reply, as the server wrote it.
    init(reply text: String) {
        let word = text.prefix { $0.isUppercase || $0.isNumber || $0 == "_" }
        self.init(.server, prefix: String(word), summary: "Redis refused the command: \(word)", detail: text)
    }

    init(_ error: WorkerThreadsError) {
        switch error {
        case .queueFull: self.init(.queueFull, summary: "all connections to Redis are busy and their queue is full")
        case .closed: self.init(.closed, summary: "the connections to Redis are closed")
        }
    }

    /// Whether the same work may succeed when it is tried again, without anything being changed: the server is away,
    /// starts, changes its role, or is out of memory for now.
    public var isRetriable: Bool {
        switch code {
        case .connection, .queueFull: true
        case .server: ["LOADING", "MASTERDOWN", "READONLY", "BUSY", "TRYAGAIN", "OOM", "MISCONF"].contains(prefix)
        default: false
        }
    }
    /// Whether the connection is gone; the next job of a pool connects anew.
    public var isConnectionLost: Bool { code == .connection || code == .untrusted }
    /// Whether the settings do not fit the server's: waiting does not mend that.
    public var isMisconfigured: Bool { code == .untrusted || isAccessDenied }
    /// Whether the server does not let this user in.
    public var isAccessDenied: Bool { ["NOAUTH", "WRONGPASS", "NOPERM"].contains(prefix) }

    public var description: String { summary }
    public var debugDescription: String { detail.isEmpty ? summary : "\(summary): \(detail)" }

    static func configuration(_ fault: String) -> RedisError {
        RedisError(.configuration, summary: "wrong Redis URL: \(fault)")
    }

    static func decoding(_ fault: String) -> RedisError { RedisError(.decoding, summary: fault) }
}
