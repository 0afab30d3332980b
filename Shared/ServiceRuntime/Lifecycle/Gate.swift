import Synchronization

/// Opens once; whoever waits goes through then, and so does everybody after.
final class Gate<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// The first value counts.
    func open(_ value: Value) {
        let waiters = state.withLock { state in
            if state.value == nil { state.value = value }
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: value) }
    }

    var value: Value? { state.withLock { $0.value } }

    /// The value, or `nil` when the task was cancelled first.
    func wait() async -> Value? {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDone, value) = state.withLock { state -> (Bool, Value?) in
                    if state.value != nil || Task.isCancelled { return (true, state.value) }
                    state.waiters[id] = continuation
                    return (false, nil)
                }
                if isDone { continuation.resume(returning: value) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(returning: nil)
        }
    }
}

extension Gate where Value == Bool {
    func open() { open(true) }
}
