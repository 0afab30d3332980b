import Contracts
import NIOCore
import Synchronization

/// Answers one request of a ``FastRoute``, once, from any thread.
///
/// What is answered to a client that has gone is dropped. A responder that is released without an answer gives 500.
public final class FastResponder: Sendable {
    private let connection: NIOLoopBound<ConnectionHandler>
    let eventLoop: any EventLoop
    private let request: Int
    private let isAnswered = Atomic<Bool>(false)

    init(_ handler: ConnectionHandler, eventLoop: any EventLoop, request: Int) {
        connection = NIOLoopBound(handler, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.request = request
    }

    deinit {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        let (connection, request) = (connection, request)
        eventLoop.execute { connection.value.complete(request, FastAnswer(Problem.internal)) }
    }

    /// Answers; only the first answer counts.
    public func succeed(_ answer: FastAnswer) { succeed(making: { answer }) }

    /// The same, with an answer that is made on the connection's event loop, so that it takes none of the caller's time.
    public func succeed(making answer: @escaping @Sendable () -> FastAnswer) {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        if eventLoop.inEventLoop {
            connection.value.complete(request, answer())
        } else {
            eventLoop.execute { self.connection.value.complete(self.request, answer()) }
        }
    }

    /// Takes the responder out of use, because an ordinary route answers; `false` if it has answered already.
    func withdraw() -> Bool { !isAnswered.exchange(true, ordering: .relaxed) }

    /// Answers with problem+json: a `DomainError` by its kind, anything else with 500.
    public func fail(_ error: any Error) { succeed(FastAnswer(error: error)) }

    /// Answers many requests with one hop to each event loop; for results that come in batches.
    public static func answer(_ batch: [(responder: FastResponder, answer: FastAnswer)]) {
        let byLoop = Dictionary(grouping: batch) { ObjectIdentifier($0.responder.eventLoop) }
        for mine in byLoop.values {
            mine[0].responder.eventLoop.execute {
                for (responder, answer) in mine { responder.succeed(answer) }
            }
        }
    }
}

extension FastAnswer {
    /// The answer to an error, as problem+json.
    public init(error: any Error) {
        switch error {
        case let error as DomainError: self.init(Problem(error))
        default: self.init(Problem.internal)
        }
    }

    init(_ problem: Problem) {
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        self.init(json: Array(buffer: problem.body(requestID: nil)), status: problem.status, headers: headers)
    }
}
