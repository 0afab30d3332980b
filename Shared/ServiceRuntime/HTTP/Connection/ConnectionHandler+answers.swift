import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers on their way out: Hummingbird's, those of fast routes, and refusals.
extension ConnectionHandler {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // What Hummingbird still writes behind the last answer of a connection has no reader.
        guard !isClosing, !isResponseWritten else {
            promise?.succeed()
            return
        }
        lastActivity = .now()
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            isResponseBegun = true
            if state.isDraining { closesAfterResponse = true }
            if head.headerFields[.connection]?.lowercased() == "close" { closesAfterResponse = true }
            // A body that nobody waited for is read to its end only if that is soon.
            if !isRequestRead, declaredLength ?? .max > RequestBodyLimit.standard { closesAfterResponse = true }
            if closesAfterResponse { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            writeEnd(data, promise, context)
            deliverBuffered(context)
        default:
            context.write(data, promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) { context.flush() }

    /// Which fast route takes a request, if any.
    func fastRoute(for head: HTTPRequest) -> Int? {
        state.fastRoutes.firstIndex { route, _ in route.remainder(of: head) != nil }
    }

    func runFast(_ head: HTTPRequest, _ body: ByteBuffer, route index: Int, _ context: ChannelHandlerContext) {
        let route = state.fastRoutes[index].route
        guard let scope = state.scope(of: head, on: route) else { return passOnWhole(head, body, context) }
        phase = .fastPending(head, route: index, start: .now())
        let responder = FastResponder(self, eventLoop: context.eventLoop, request: request)
        let fast = FastRequest(
            head: head, remainder: route.remainder(of: head) ?? "", body: body, scope: scope,
            isAuthenticated: state.asksForTokens && !route.access.isOpen)
        guard !route.handle(fast, responder) else { return }
        guard case .fastPending = phase, responder.withdraw() else { return }
        passOnWhole(head, body, context)
    }

    /// Hands a request that is all here to Hummingbird.
    private func passOnWhole(_ head: HTTPRequest, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        passOn(head, context)
        if body.readableBytes > 0 { passOn(.body(body), context) }
        passOn(.end(nil), context)
    }

    /// Takes the answer of a fast route; ignored when its request is no longer the one in progress.
    func complete(_ number: Int, _ answer: FastAnswer) {
        guard let context, number == request, !isClosing, case .fastPending(let head, let index, let start) = phase
        else { return }
        let metrics = state.fastRoutes[index].metrics
        metrics.record(method: head.method, status: answer.status.code, elapsed: .now() - start)
        var headers = answer.headers
        if let id = HeaderValue.identifier(head.headerFields[.requestID], limit: 128) { headers[.requestID] = id }
        writeWhole(answer.status, headers, answer.body, head.method, context)
        if isDelivering { needsFlush = true } else { flushNow(context) }
        deliverBuffered(context)
    }

    /// Answers a request with a problem, without bothering anybody else, and throws its body away.
    func refuse(_ head: HTTPRequest, _ problem: Problem, _ context: ChannelHandlerContext) {
        phase = .refused
        state.refused.record(method: head.method, status: problem.status.code, elapsed: .zero)
        writeProblem(problem, head.method, context)
        if isDelivering { needsFlush = true } else { flushNow(context) }
    }

    func writeProblem(_ problem: Problem, _ method: HTTPRequest.Method, _ context: ChannelHandlerContext) {
        let answer = FastAnswer(problem)
        if answer.headers[.connection] == "close" { closesAfterResponse = true }
        writeWhole(answer.status, answer.headers, answer.body, method, context)
    }

    private func writeWhole(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ body: [UInt8], _ method: HTTPRequest.Method,
        _ context: ChannelHandlerContext
    ) {
        if state.isDraining { closesAfterResponse = true }
        var head = HTTPResponse(status: status, headerFields: fields)
        if fields[.contentType] == nil { head.headerFields[.contentType] = "application/json" }
        head.headerFields[.contentLength] = String(body.count)
        head.headerFields[.date] = DateHeader.current
        if closesAfterResponse { head.headerFields[.connection] = "close" }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if method != .head, !body.isEmpty {
            context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        }
        writeEnd(wrapOutboundOut(.end(nil)), nil, context)
    }

    /// Writes the last part of an answer and ends what has to end with it.
    private func writeEnd(_ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        isResponseWritten = true
        lastActivity = .now()
        if isCounted {
            isCounted = false
            state.requestEnded()
        }
        if closesAfterResponse {
            let written = promise ?? context.eventLoop.makePromise()
            context.writeAndFlush(data, promise: written)
            finish(context, after: written.futureResult)
        } else {
            context.write(data, promise: promise)
            finishRequestIfDone()
        }
    }

    func flushNow(_ context: ChannelHandlerContext) {
        needsFlush = false
        context.flush()
    }
}
