import Synchronization

/// Something that many tasks wait for and one lets happen. Waiting ignores cancellation.
final class Signal: Sendable {
    private let state = Mutex((isGiven: false, waiting: [CheckedContinuation<Void, Never>]()))

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isGiven = state.withLock { state in
                if !state.isGiven { state.waiting.append(continuation) }
                return state.isGiven
            }
            if isGiven { continuation.resume() }
        }
    }

    func give() {
        let waiting = state.withLock { state in
            state.isGiven = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
