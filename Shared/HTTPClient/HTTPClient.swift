import CCurl
import Logging
import Metrics

/// Sends HTTP requests through libcurl: one thread, many transfers.
///
/// Bounded: at most `maxConnections` requests run at once, `maxConnectionsPerHost` to one scheme, host and port;
/// `queueLimit` more wait, hosts in turn; further ones fail with ``HTTPClientError/Code-swift.struct/queueFull``.
/// Metrics: `http_client_seconds` (by outcome).
public final class HTTPClient: Sendable {
    /// How long a request waits for a connection when neither its time-out nor ``HTTPRequest/sendBefore`` says it.
    private static let longestWait = Duration.seconds(3600)

    private let loop: CurlLoop
    private let logger: Logger
    private let timers = OutcomeTimers()

    /// Starts the thread; opens no connection.
    public init(
        maxConnections: Int = 64,
        maxConnectionsPerHost: Int = 32,
        queueLimit: Int = 1024,
        userAgent: String = "game-suite",
        logger: Logger
    ) {
        precondition(maxConnections > 0 && maxConnectionsPerHost > 0 && queueLimit >= 0)
        loop = CurlLoop(
            maxConnections: maxConnections, maxConnectionsPerHost: maxConnectionsPerHost,
            limit: maxConnections + queueLimit, userAgent: userAgent)
        self.logger = logger
    }

    deinit { loop.beginClosing() }

    /// Sends `request` and returns the answer, whatever its status.
    ///
    /// - Throws: ``HTTPClientError``. Its `requestWasSent` tells whether a repeat could double the request.
    /// - Cancellation: aborts the transfer and throws the code `cancelled`.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let start = ContinuousClock.now
        do {
            let deadline =
                request.timeoutCoversQueue ? start + request.timeout : request.sendBefore ?? start + Self.longestWait
            let response = try await perform(request, deadline: deadline)
            record(start, outcome: "\(response.status / 100)xx")
            return response
        } catch let error as HTTPClientError {
            record(start, outcome: error.code.description)
            logger.debug(
                "no answer to a request",
                metadata: ["http.error": "\(error.code)", "http.sent": "\(error.requestWasSent)"])
            throw error
        }
    }

    /// Refuses new requests, fails those that wait with `closed`, lets those under way finish (each is bounded by its
    /// time-out) and returns when the thread has ended.
    public func close() async { await loop.close() }

    private func perform(_ request: HTTPRequest, deadline: ContinuousClock.Instant) async throws -> HTTPResponse {
        guard let origin = CurlURL.origin(of: request.url) else {
            throw HTTPClientError(.invalidURL, requestWasSent: false)
        }
        guard request.isWellFormed else { throw HTTPClientError(.invalidRequest, requestWasSent: false) }
        let handoff = TransferHandoff(loop: loop)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let transfer = CurlTransfer(
                    request: request, host: origin, deadline: deadline, continuation: continuation)
                if let refusal = loop.submit(transfer) {
                    transfer.fail(refusal)
                } else {
                    handoff.submitted(transfer)
                }
            }
        } onCancel: {
            handoff.cancel()
        }
    }

    private func record(_ start: ContinuousClock.Instant, outcome: String) {
        let elapsed = start.duration(to: .now)
        timers[outcome].record(duration: elapsed)
    }
}
