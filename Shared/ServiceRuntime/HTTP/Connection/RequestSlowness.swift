import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Since when a request has been coming in, and until when the rest of it must be here. A pure state machine: the
/// connection tells it what arrives and asks it what is overdue.
struct RequestSlowness {
    private enum Phase {
        /// Nothing of a next request has come.
        case between
        case header(since: NIODeadline)
        case body(since: NIODeadline)
        /// A body of any length that only has to go on; being idle ends it.
        case stream
    }

    let headerTimeout: TimeAmount
    let bodyTimeout: TimeAmount
    private var phase = Phase.between
    /// Whether we are waiting for the client; while a handler does not read, its time stands still.
    private var isAwaited = false

    init(headerTimeout: TimeAmount, bodyTimeout: TimeAmount) {
        self.headerTimeout = headerTimeout
        self.bodyTimeout = bodyTimeout
    }

    mutating func bytesArrived(at now: NIODeadline) {
        isAwaited = false
        if case .between = phase { phase = .header(since: now) }
    }

    mutating func parsed(_ part: HTTPRequestPart, at now: NIODeadline) {
        switch part {
        case .head(let head):
            phase = MediaTypes.isLines(head.headerFields[.contentType]) ? .stream : .body(since: now)
        case .body: break
        case .end: phase = .between
        }
    }

    /// The server is ready for more bytes.
    mutating func readIsDue() { isAwaited = true }

    /// What was in progress before is done: of a header that waited behind it the time begins now.
    mutating func turnHasCome(at now: NIODeadline) {
        if case .header = phase { phase = .header(since: now) }
    }

    /// When the request that is coming in is overdue; `nil` when none is.
    var deadline: NIODeadline? {
        switch phase {
        case .between, .stream: nil
        case .header(let since): since + headerTimeout
        case .body(let since): since + bodyTimeout
        }
    }

    /// Whether the client is to blame for the deadline that has passed; if it is not, its time begins anew.
    mutating func isOverdue(at now: NIODeadline, isBusy: Bool) -> Bool {
        guard let deadline, deadline <= now else { return false }
        if isAwaited, !isBusy { return true }
        switch phase {
        case .header: phase = .header(since: now)
        case .body: phase = .body(since: now)
        case .between, .stream: break
        }
        return false
    }
}
