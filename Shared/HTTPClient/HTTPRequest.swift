/// One HTTP request. Redirects are never followed, proxies of the environment are never used.
///
/// Its `description` shows the method only: addresses may carry secrets.
public struct HTTPRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public var method: String
    /// Absolute, `http` or `https`.
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    /// From ``HTTPClient/send(_:)`` to the answer's last byte, time in the queue included.
    public var timeout: Duration
    /// Name resolution, TCP and TLS.
    public var connectTimeout: Duration
    /// A longer answer ends in ``HTTPClientError/Code-swift.struct/tooLarge``.
    public var maxResponseBytes: Int
    /// How much of the answer's body is kept; the rest is read, counted and dropped.
    public var keptResponseBytes: Int = .max
    /// Sends at most once, also on a kept connection that turns out dead: what libcurl would repeat by itself ends in
    /// ``HTTPClientError/Code-swift.struct/connectionLost``, so that each sending is one that the caller knows of.
    public var sendsOnce = false
    /// With `false`, waiting for a connection costs nothing of ``timeout``; ``sendBefore`` alone bounds the wait.
    public var timeoutCoversQueue = true
    /// Asked for each address before it is connected to; `false` goes on to the host's next address, and ends in
    /// ``HTTPClientError/Code-swift.struct/addressRefused`` when none is left. Runs on the client's thread: it must not
    /// block. A connection that is kept is not asked for again.
    public var permitsAddress: (@Sendable (PeerAddress) -> Bool)?
    /// Opens a connection for this request alone.
    ///
    /// libcurl resends a request by itself when a kept connection turns out dead before any byte of the answer,
    /// although the server may have acted on it. With a fresh connection that cannot happen: set this for every
    /// request that must not be doubled.
    public var freshConnection: Bool
    /// Checked when the connection stands, immediately before the first byte leaves: later than this, nothing is sent
    /// and the request fails with ``HTTPClientError/Code-swift.struct/tooLateToSend``.
    public var sendBefore: ContinuousClock.Instant?

    public init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(3),
        maxResponseBytes: Int = 1 << 20,
        freshConnection: Bool = false,
        sendBefore: ContinuousClock.Instant? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maxResponseBytes = maxResponseBytes
        self.freshConnection = freshConnection
        self.sendBefore = sendBefore
    }

    public var description: String { "HTTPRequest(\(method))" }
    public var debugDescription: String { description }
}

extension HTTPRequest: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}
