/// Why a request has no answer.
public struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong. More codes may come: always have a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// No connection: the name is unknown, refused or unreachable.
        public static let couldNotConnect = Code(description: "could not connect")
        public static let timeout = Code(description: "timed out")
        /// The connection broke before the whole answer was there.
        public static let connectionLost = Code(description: "connection lost")
        public static let tls = Code(description: "TLS failed")
        /// The answer exceeds ``HTTPRequest/maxResponseBytes``.
        public static let tooLarge = Code(description: "answer too large")
        /// The task that waited was cancelled; the transfer was aborted.
        public static let cancelled = Code(description: "cancelled")
        /// ``HTTPRequest/sendBefore`` had passed when the connection stood.
        public static let tooLateToSend = Code(description: "too late to send")
        /// ``HTTPRequest/permitsAddress`` permitted none of the host's addresses.
        public static let addressRefused = Code(description: "address refused")
        public static let invalidURL = Code(description: "not an http or https URL")
        /// A method or header that cannot be sent.
        public static let invalidRequest = Code(description: "invalid method or header")
        /// Every connection is busy and the queue before them is full.
        public static let queueFull = Code(description: "queue full")
        /// The client is closed.
        public static let closed = Code(description: "client closed")
        /// Anything else that libcurl reports.
        public static let transfer = Code(description: "transfer failed")
    }

    public let code: Code
    /// `false` only if it is certain that no byte of the request left this process, so that a repeat cannot double it.
    public let requestWasSent: Bool
    /// libcurl's `CURLcode`; 0 where libcurl had no part in it.
    public let curlCode: Int32
    /// libcurl's constant text for ``curlCode``.
    public let reason: String?

    public init(_ code: Code, requestWasSent: Bool, curlCode: Int32 = 0, reason: String? = nil) {
        self.code = code
        self.requestWasSent = requestWasSent
        self.curlCode = curlCode
        self.reason = reason
    }

    /// Safe to show: holds no part of the URL, of the headers or of a body.
    public var description: String {
        let sent = requestWasSent ? "the request may have been processed" : "nothing was sent"
        return "\(code)\(reason.map { " (\($0))" } ?? ""), \(sent)"
    }
}
