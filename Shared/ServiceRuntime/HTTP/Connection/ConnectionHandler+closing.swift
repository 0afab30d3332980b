import HTTPTypes
import InternetAddresses
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// How a connection begins and ends: counting, half-closes, quiescing, broken input.
extension ConnectionHandler {
    /// How long an answered client may take to notice that its connection ends before it is cut off.
    private static let lingerTime = TimeAmount.seconds(1)

    func opened(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        isOpen = true
        lastActivity = .now()
        if state.rateLimit != nil { peer = IPAddress(context.remoteAddress) }
        let count = state.connectionOpened()
        isOverLimit = count > state.maxConnections
        // Beyond the limit probes are still answered, but that too must have an end.
        if count > state.maxConnections * 2 + 64 { return context.close(promise: nil) }
        scheduleIdleCheck(context, after: idleLimit)
        if let bytes = state.sendBuffer { limitSendBuffer(context.channel, bytes) }
    }

    /// What the kernel holds, and what is held here before writers wait.
    private func limitSendBuffer(_ channel: any Channel, _ bytes: Int) {
        // Linux doubles the number, for its own bookkeeping. A socket that is closed by now refuses, which is no matter.
        _ = channel.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(bytes / 2))
        _ = channel.setOption(.writeBufferWaterMark, value: .init(low: 1, high: max(bytes / 4, 2)))
    }

    func closed() {
        guard isOpen else { return }
        isOpen = false
        isClosing = true
        state.connectionClosed()
        if isCounted {
            isCounted = false
            state.requestEnded()
        }
        buffered.removeAll()
        idleTask?.cancel()
        idleTask = nil
        slownessTask?.task.cancel()
        slownessTask = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            if isIdle { return closeWhenFlushed(context) }
            closesAfterResponse = true
            isQuiescing = true
            idleTask?.cancel()
            scheduleIdleCheck(context, after: idleLimit)
        case ChannelEvent.inputClosed:
            inputClosed = true
            if isClosing { return context.close(promise: nil) }
            if isIdle { return closeWhenFlushed(context) }
            // In the middle of a request the rest of it will never come; behind it there may still be answers due.
            if isGathering { return context.close(promise: nil) }
            if !isRequestRead { context.fireUserInboundEventTriggered(event) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        guard error is HTTPParserError || !(error is IOError || error is ChannelError) else {
            return context.fireErrorCaught(error)
        }
        let problem = (error as? HTTPParserError) == .headerOverflow ? Problem.headersTooLarge : .malformedRequest
        if isIdle {
            answerBrokenInput(problem, context)
        } else if isRequestRead {
            // What is broken lies behind the request in progress.
            brokenInput = problem
        } else if isResponseWritten {
            closeWhenFlushed(context)
        } else if isGathering {
            context.close(promise: nil)
        } else {
            closesAfterResponse = true
            context.fireErrorCaught(error)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Hummingbird half-closes behind its last answer; the end is decided here.
        if mode == .output, isClosing { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }

    /// A fast route's request is being read, of which Hummingbird knows nothing.
    private var isGathering: Bool {
        if case .fastHead = phase { true } else { false }
    }

    var isIdle: Bool { isRequestRead && isResponseWritten && buffered.isEmpty }

    func becameIdle(_ context: ChannelHandlerContext) {
        slowness.turnHasCome(at: lastActivity)
        if let problem = brokenInput {
            answerBrokenInput(problem, context)
        } else if inputClosed {
            closeWhenFlushed(context)
        }
    }

    func answerBrokenInput(_ problem: Problem, _ context: ChannelHandlerContext) {
        isRequestRead = false
        isResponseBegun = false
        isResponseWritten = false
        state.refused.record(method: .get, status: problem.status.code, elapsed: .zero)
        writeProblem(problem, .get, context)
    }

    /// Ends the connection behind an answer whose last part is on its way.
    func finish(_ context: ChannelHandlerContext, after written: EventLoopFuture<Void>) {
        let mayClose = isRequestRead && buffered.isEmpty && brokenInput == nil
        isClosing = true
        buffered.removeAll()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.whenComplete { _ in
            let (handler, context) = bound.value
            if mayClose || handler.inputClosed { context.close(promise: nil) } else { handler.linger(context) }
        }
    }

    /// Closes the writing half and goes on reading for a moment: closing with unread input would reset the
    /// connection, and the client might never see its answer.
    private func linger(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) { context.close(promise: nil) }
    }

    func closeWhenFlushed(_ context: ChannelHandlerContext) {
        isClosing = true
        // What Hummingbird has written it will flush only after this.
        context.flush()
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.close(mode: .output, promise: promise)
    }

    func scheduleIdleCheck(_ context: ChannelHandlerContext, after delay: TimeAmount) {
        idleTask = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.checkIdle(context) }
    }

    /// While the server stops, a client that does not send the rest of its request must not hold it up.
    private var idleLimit: TimeAmount {
        let short = TimeAmount.seconds(1)
        return isOverLimit || isQuiescing ? min(short, state.idleTimeout) : state.idleTimeout
    }

    private func checkIdle(_ context: ChannelHandlerContext) {
        // A request that is being worked on is not idle, unless its answer finds no reader.
        let isWorking = isRequestRead && !isResponseWritten && context.channel.isWritable && !isClosing
        let rest = lastActivity + idleLimit - .now()
        if isWorking {
            scheduleIdleCheck(context, after: idleLimit)
        } else if rest <= .zero {
            context.close(promise: nil)
        } else {
            scheduleIdleCheck(context, after: rest)
        }
    }
}

extension Problem {
    static let malformedRequest = Problem(
        status: .badRequest, slug: "malformed-request", detail: "The request is not well-formed HTTP/1.1.",
        headers: [.connection: "close"])
    static let headersTooLarge = Problem(
        status: .requestHeaderFieldsTooLarge, slug: "headers-too-large",
        detail: "The header fields must not be larger than 16 KiB.", headers: [.connection: "close"])
    static let tooManyConnections = Problem(
        status: .serviceUnavailable, slug: "too-many-connections",
        detail: "There are too many connections; try again.", headers: [.retryAfter: "1", .connection: "close"])
    static let tooManyRequests = Problem(
        status: .serviceUnavailable, slug: "too-many-requests",
        detail: "There are too many requests in progress; try again.", headers: [.retryAfter: "1"])
}
