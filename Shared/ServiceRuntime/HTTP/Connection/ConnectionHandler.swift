import HTTPTypes
import InternetAddresses
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Stands in front of Hummingbird on every connection and lets one request at a time through.
///
/// It answers fast routes itself, keeps the limits, times out what is idle, ends connections in an orderly way and
/// turns what is not HTTP into problem+json. Requests that are pipelined behind the one in progress wait here, in
/// order; reading stops while more than ``maxBuffered`` parts wait, so that the client's window fills and not memory.
///
/// All its state belongs to the channel's event loop.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Where the request at the front of the connection is.
    enum Phase {
        case idle
        /// A fast route's request that is not all here yet, with what there is of its body.
        case fastHead(HTTPRequest, ByteBuffer, route: Int)
        /// A fast route has the request and owes an answer.
        case fastPending(HTTPRequest, route: Int, start: NIODeadline)
        /// Hummingbird has it.
        case slow
        /// It was refused; its body is thrown away.
        case refused
    }

    static let maxBuffered = 32

    let state: ServerState
    var context: ChannelHandlerContext?
    var phase = Phase.idle
    /// Counts requests, so that a late answer is not taken for another's.
    var request = 0
    /// Whether the request in progress has been read to its end.
    var isRequestRead = true
    /// Its `Content-Length`.
    var declaredLength: Int?
    /// Whether the head of its answer has been written.
    var isResponseBegun = false
    /// Whether its answer has been written to its end.
    var isResponseWritten = true
    /// Whether the connection ends with the answer in progress.
    var closesAfterResponse = false
    /// Nothing more is read or written; the connection is on its way out.
    var isClosing = false
    /// Whether the connection is counted in ``state``.
    var isOpen = false
    /// Whether the request in progress is counted there.
    var isCounted = false
    var isOverLimit = false
    var isQuiescing = false
    var inputClosed = false
    var needsFlush = false
    var heldRead = false
    var isDelivering = false
    var isInReadCycle = false
    /// Whether Hummingbird got parts since the last end of a read.
    var hasPassedOn = false
    var brokenInput: Problem?
    var buffered: [HTTPRequestPart] = []
    var lastActivity = NIODeadline.now()
    var idleTask: Scheduled<Void>?
    var slowness: RequestSlowness
    var slownessTask: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// The client's address, where its requests are counted.
    var peer: IPAddress?

    init(state: ServerState) {
        self.state = state
        slowness = RequestSlowness(headerTimeout: state.headerTimeout, bodyTimeout: state.bodyTimeout)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let pipeline = context.pipeline.syncOperations
        if let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) {
            try? pipeline.addHandler(OldVersionHandler(), position: .before(codec))
        }
        try? pipeline.addHandler(ArrivalHandler(self), position: .first)
        if context.channel.isActive { opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        closed()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        isInReadCycle = true
        guard !isClosing else { return }
        let part = unwrapInboundIn(data)
        slowness.parsed(part, at: lastActivity)
        // Behind a request that is read but not answered, and behind what waits already, parts wait their turn.
        if !buffered.isEmpty || (isRequestRead && !isResponseWritten) {
            buffered.append(part)
        } else {
            isDelivering = true
            deliver(part, context)
            isDelivering = false
            deliverBuffered(context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInReadCycle = false
        hasPassedOn = false
        if needsFlush { flushNow(context) }
        context.fireChannelReadComplete()
        watchSlowness(context)
    }

    func read(context: ChannelHandlerContext) {
        if buffered.count > Self.maxBuffered { heldRead = true } else { readMore(context) }
    }

    private func readMore(_ context: ChannelHandlerContext) {
        slowness.readIsDue()
        context.read()
    }

    /// Delivers what waited, as far as it can go now.
    func deliverBuffered(_ context: ChannelHandlerContext) {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        var next = 0
        while next < buffered.count, !isClosing, !isRequestRead || isResponseWritten {
            deliver(buffered[next], context)
            next += 1
        }
        if isClosing { buffered.removeAll() } else if next > 0 { buffered.removeFirst(next) }
        if !isInReadCycle { completeDelivery(context) }
        if heldRead, buffered.count <= Self.maxBuffered {
            heldRead = false
            readMore(context)
        }
        if buffered.isEmpty, isRequestRead, isResponseWritten { becameIdle(context) }
    }

    /// Does for parts that waited what the end of a read does for others: Hummingbird takes nothing before it.
    private func completeDelivery(_ context: ChannelHandlerContext) {
        if needsFlush { flushNow(context) }
        if hasPassedOn {
            hasPassedOn = false
            context.fireChannelReadComplete()
        }
    }

    private func deliver(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): begin(head, context)
        case .body(let piece): receive(piece, context)
        case .end:
            isRequestRead = true
            switch phase {
            case .fastHead(let head, let body, let route): runFast(head, body, route: route, context)
            case .slow:
                passOn(part, context)
                finishRequestIfDone()
            default: finishRequestIfDone()
            }
        }
    }

    private func receive(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        switch phase {
        case .fastHead(let head, let body, let route):
            // A body for a GET is the ordinary route's affair.
            guard head.method == .post else {
                passOn(head, context)
                return passOn(.body(piece), context)
            }
            var (whole, piece) = (body, piece)
            phase = .idle
            if whole.readableBytes == 0 { whole = piece } else { whole.writeBuffer(&piece) }
            phase = .fastHead(head, whole, route: route)
        case .slow: passOn(.body(piece), context)
        default: break
        }
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        request += 1
        isRequestRead = false
        isResponseBegun = false
        isResponseWritten = false
        declaredLength = head.headerFields[.contentLength].flatMap { Int($0) }
        closesAfterResponse = Self.asksToClose(head)
        let isProbe = ServerState.isProbe(head.path)
        if isOverLimit, !isProbe {
            closesAfterResponse = true
            return refuse(head, .tooManyConnections, context)
        }
        if !isProbe, let refusal = state.rateLimit?.refusal(of: head, from: peer) {
            return refuse(head, refusal, context)
        }
        guard state.requestStarted(isProbe: isProbe) else { return refuse(head, .tooManyRequests, context) }
        isCounted = true
        if let route = fastRoute(for: head) {
            phase = .fastHead(head, ByteBuffer(), route: route)
        } else {
            passOn(head, context)
        }
    }

    /// Hands a request to Hummingbird.
    func passOn(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        phase = .slow
        // What is larger is refused before it is sent, unless it is a stream.
        let isWelcome =
            declaredLength ?? 0 <= RequestBodyLimit.standard || MediaTypes.isLines(head.headerFields[.contentType])
        if isWelcome, head.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        passOn(.head(head), context)
    }

    func passOn(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        hasPassedOn = true
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// Called when a part of the exchange has ended, to make room for the next when all of it has.
    func finishRequestIfDone() {
        if isRequestRead, isResponseWritten { phase = .idle }
    }

    private static func asksToClose(_ head: HTTPRequest) -> Bool {
        guard let value = head.headerFields[.connection] else { return false }
        return value == "close"
            || value.lowercased().split(separator: ",").contains {
                $0.trimmingPrefix(while: { $0 == " " }) == "close"
            }
    }
}
