import CCurl
import Foundation
import Synchronization

/// The thread that owns libcurl's multi handle and every transfer on it.
///
/// Others talk to it through ``submit(_:)``, ``abort(_:)`` and ``close()``, which wake it.
final class CurlLoop: Sendable {
    private struct Mailbox {
        var arrivals: [CurlTransfer] = []
        var aborts: [CurlTransfer] = []
        /// Submitted and not answered.
        var outstanding = 0
        var isClosing = false
        /// The loop's thread waits for its sockets, so mail must wake it. Otherwise it looks for mail before it waits.
        var isAsleep = false
        /// The multi handle is freed.
        var hasEnded = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    // @unchecked Sendable: other threads pass it to `curl_multi_wakeup` only, which libcurl allows, and only with the
    // mailbox locked and not ended, so the handle is not freed.
    private struct Handle: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer
    }

    private static let isInitialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let mailbox = Mutex(Mailbox())
    private let handle: Handle
    private let limit: Int

    /// - Parameter limit: How many transfers may be unanswered before ``submit(_:)`` refuses more.
    init(maxConnections: Int, maxConnectionsPerHost: Int, limit: Int, userAgent: String) {
        guard Self.isInitialized, let multi = curl_multi_init() else {
            preconditionFailure("libcurl cannot allocate its handles")
        }
        curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, maxConnections)
        curl_multi_setopt_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        handle = Handle(multi: multi)
        self.limit = limit
        let thread = Thread { [self] in
            // OpenSSL may write to a closed socket: the error is enough, the signal would end the process.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            var run = CurlRun(
                multi: handle.multi, maxActive: maxConnections, maxActivePerHost: maxConnectionsPerHost,
                userAgent: userAgent)
            run.loop(self)
        }
        thread.name = "http-client"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Takes a transfer, or returns why not.
    func submit(_ transfer: CurlTransfer) -> HTTPClientError.Code? {
        mailbox.withLock { box in
            if box.isClosing { return .closed }
            if box.outstanding >= limit { return .queueFull }
            box.outstanding += 1
            box.arrivals.append(transfer)
            wake(&box)
            return nil
        }
    }

    /// Aborts a transfer that was submitted; no effect if it is over.
    func abort(_ transfer: CurlTransfer) {
        mailbox.withLock { box in
            guard !box.hasEnded else { return }
            box.aborts.append(transfer)
            wake(&box)
        }
    }

    private func wake(_ box: inout Mailbox) {
        guard box.isAsleep else { return }
        box.isAsleep = false
        curl_multi_wakeup(handle.multi)
    }

    /// Refuses new transfers; the thread ends after those under way.
    func beginClosing() {
        mailbox.withLock { box in
            box.isClosing = true
            if !box.hasEnded { curl_multi_wakeup(handle.multi) }
        }
    }

    /// Returns when the thread has freed everything.
    func close() async {
        beginClosing()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let hasEnded = mailbox.withLock { box in
                if !box.hasEnded { box.closers.append(continuation) }
                return box.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: - For the loop's thread

    struct Mail {
        var arrivals: [CurlTransfer]
        var aborts: [CurlTransfer]
        var isClosing: Bool
    }

    func takeMail() -> Mail {
        mailbox.withLock { box in
            defer {
                box.arrivals = []
                box.aborts = []
            }
            box.isAsleep = false
            return Mail(arrivals: box.arrivals, aborts: box.aborts, isClosing: box.isClosing)
        }
    }

    /// Notes how many transfers were answered, and that the thread is about to wait for its sockets.
    ///
    /// - Returns: Whether it may; not if mail came since `mail` was taken.
    func fallAsleep(after mail: Mail, answered: Int) -> Bool {
        mailbox.withLock { box in
            box.outstanding -= answered
            box.isAsleep = box.arrivals.isEmpty && box.aborts.isEmpty && box.isClosing == mail.isClosing
            return box.isAsleep
        }
    }

    /// Frees the multi handle; `false` if mail came in meanwhile.
    func end() -> Bool {
        let closers: [CheckedContinuation<Void, Never>]? = mailbox.withLock { box in
            guard box.arrivals.isEmpty else { return nil }
            box.hasEnded = true
            curl_multi_cleanup(handle.multi)
            defer { box.closers = [] }
            return box.closers
        }
        closers?.forEach { $0.resume() }
        return closers != nil
    }
}
