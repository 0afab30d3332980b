import Synchronization

/// Brings a task's cancellation and its transfer together, whichever comes first.
final class TransferHandoff: Sendable {
    private struct State {
        var transfer: CurlTransfer?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let loop: CurlLoop

    init(loop: CurlLoop) { self.loop = loop }

    func submitted(_ transfer: CurlTransfer) {
        let isCancelled = state.withLock { state in
            state.transfer = transfer
            return state.isCancelled
        }
        if isCancelled { loop.abort(transfer) }
    }

    func cancel() {
        let transfer = state.withLock { state in
            state.isCancelled = true
            return state.transfer
        }
        if let transfer { loop.abort(transfer) }
    }
}
