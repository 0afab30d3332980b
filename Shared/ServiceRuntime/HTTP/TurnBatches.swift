import NIOCore
import NIOPosix

/// Gathers what fast routes take in within one turn of their event loop, and hands it on together at the end of the turn.
///
/// Under load a loop reads dozens of requests in a turn. What each of them would ask for, such as a queue's lock that two
/// processors then pass to and fro, is asked for once. A request that comes alone waits for nobody but what else its loop
/// reads in that turn.
///
/// A batch is bounded, because requests count as in progress until they are answered. One is made for a route and lives as
/// long as the process: each loop's thread keeps its part.
public final class TurnBatches<Batch>: Sendable {
    /// More than this is handed on before its turn ends.
    static var limits: (requests: Int, bytes: Int) { (128, 1 << 20) }

    /// What a loop has gathered in this turn.
    private struct Turn {
        var batch: Batch
        var requests = 0
        var bytes = 0
    }

    private let turns = ThreadSpecificVariable<NIOLoopBoundBox<Turn?>>()
    private let make: @Sendable () -> Batch
    private let finish: @Sendable (Batch) -> Void

    /// - Parameters:
    ///   - make: An empty batch.
    ///   - finish: Gets a batch, on the event loop; it must not block.
    public init(make: @escaping @Sendable () -> Batch, finish: @escaping @Sendable (Batch) -> Void) {
        self.make = make
        self.finish = finish
    }

    /// Adds to the turn's batch; to be called from a fast route's handler.
    ///
    /// - Parameters:
    ///   - responder: The handler's; it says whose turn it is.
    ///   - bytes: What this holds in memory.
    public func add(for responder: FastResponder, bytes: Int = 0, _ body: (inout Batch) -> Void) {
        let box = turns.currentValue ?? first(on: responder.eventLoop)
        var turn = box.value.take() ?? begin(box, on: responder.eventLoop)
        body(&turn.batch)
        turn.requests += 1
        turn.bytes += bytes
        if turn.requests < Self.limits.requests, turn.bytes < Self.limits.bytes {
            box.value = turn
        } else {
            finish(turn.batch)
        }
    }

    private func begin(_ box: NIOLoopBoundBox<Turn?>, on eventLoop: any EventLoop) -> Turn {
        eventLoop.execute { [finish] in
            if let turn = box.value.take() { finish(turn.batch) }
        }
        return Turn(batch: make())
    }

    private func first(on eventLoop: any EventLoop) -> NIOLoopBoundBox<Turn?> {
        let box = NIOLoopBoundBox<Turn?>(nil, eventLoop: eventLoop)
        turns.currentValue = box
        return box
    }
}
