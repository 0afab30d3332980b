import NIOCore
import NIOHTTP1

/// Clients that send a request too slowly: they get 408, and their connection ends.
extension ConnectionHandler {
    /// Called at the end of a read. Nearly every request comes in one or two reads, so there is seldom a timer to set,
    /// and one that was set is left to find nothing to do.
    func watchSlowness(_ context: ChannelHandlerContext) {
        guard let deadline = slowness.deadline, !isClosing else { return }
        if let set = slownessTask {
            guard deadline < set.deadline else { return }
            set.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.slownessTask = nil
            self.endIfSlow(context)
        }
        slownessTask = (deadline, task)
    }

    private func endIfSlow(_ context: ChannelHandlerContext) {
        // Behind a request that is being worked on there is no hurry.
        let isBusy = !buffered.isEmpty || (isRequestRead && !isResponseWritten)
        guard !isClosing, slowness.isOverdue(at: .now(), isBusy: isBusy) else { return watchSlowness(context) }
        if isIdle { return answerBrokenInput(.requestTimeout, context) }
        // The answer has begun, or has been given without waiting for the body: there is nothing left to say.
        guard !isResponseBegun, !isResponseWritten else { return context.close(promise: nil) }
        let isUnderWay = if case .slow = phase { true } else { false }
        state.refused.record(method: .post, status: Problem.requestTimeout.status.code, elapsed: .zero)
        writeProblem(.requestTimeout, .post, context)
        // The handler learns that the rest of the body will not come.
        if isUnderWay { context.fireErrorCaught(HTTPParserError.invalidEOFState) }
    }
}

extension Problem {
    static let requestTimeout = Problem(
        status: .requestTimeout, slug: "request-timeout",
        detail: "The request did not arrive completely in time; send it again.", headers: [.connection: "close"])
}
