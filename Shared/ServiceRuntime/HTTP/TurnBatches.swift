import NIOCore
import NIOPosix

/// Gathers what fast routes take in within one turn of their event loop, and hands it on together at the end of the turn.
///
/// Under load a loop reads dozens of requests in a turn. What each of them would ask for, such as a queue's lock that two
/// processors then pass to and fro, is asked for once. A request that comes alone is handed on at once as well: its turn
/// has nothing else to do.
public final class TurnBatches<Batch>: Sendable {
    private let turns = ThreadSpecificVariable<NIOLoopBoundBox<Batch?>>()
    private let make: @Sendable () -> Batch
    private let finish: @Sendable (Batch) -> Void

    /// - Parameters:
    ///   - make: An empty batch.
    ///   - finish: Gets a turn's batch, on the event loop; it must not block.
    public init(make: @escaping @Sendable () -> Batch, finish: @escaping @Sendable (Batch) -> Void) {
        self.make = make
        self.finish = finish
    }

    /// Adds to the turn's batch; to be called from a fast route's handler.
    ///
    /// - Parameter responder: The handler's; it says whose turn it is.
    public func add(for responder: FastResponder, _ body: (inout Batch) -> Void) {
        let turn = turns.currentValue ?? first(on: responder.eventLoop)
        turn.withValue { batch in
            if batch == nil {
                batch = make()
                responder.eventLoop.execute { [finish] in
                    if let batch = turn.withValue({ $0.take() }) { finish(batch) }
                }
            }
            if batch != nil { body(&batch!) }
        }
    }

    private func first(on eventLoop: any EventLoop) -> NIOLoopBoundBox<Batch?> {
        let turn = NIOLoopBoundBox<Batch?>(nil, eventLoop: eventLoop)
        turns.currentValue = turn
        return turn
    }
}
