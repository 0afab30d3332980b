import Synchronization

/// A value that tasks wait on: what a condition variable is to threads.
///
/// Waiters look again after every update, in the order in which they came.
public final class AsyncCondition<State: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let id: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Guarded: Sendable {
        var state: State
        var waiters: [Waiter] = []
        var next = 0
    }

    private let guarded: Mutex<Guarded>

    public init(_ state: State) { guarded = Mutex(Guarded(state: state)) }

    /// Reads without waking anybody.
    public func read<Value>(_ body: (State) -> Value) -> Value { guarded.withLock { body($0.state) } }

    /// Changes the state without waking anybody.
    @discardableResult
    public func change<Value>(_ body: (inout State) -> Value) -> Value { guarded.withLock { body(&$0.state) } }

    /// Changes the state and wakes those that wait.
    @discardableResult
    public func update<Value>(_ body: (inout State) -> Value) -> Value {
        let (value, waiters) = guarded.withLock { guarded in
            let value = body(&guarded.state)
            defer { guarded.waiters = [] }
            return (value, guarded.waiters)
        }
        for waiter in waiters { waiter.continuation.resume() }
        return value
    }

    /// Waits until `body` returns something; `nil` when the task is cancelled.
    ///
    /// - Parameter wakes: Whether `body` then changed something that others wait for.
    public func wait<Value>(wakes: Bool = false, _ body: (inout State) -> Value?) async -> Value? {
        while !Task.isCancelled {
            let (value, id, waiters) = guarded.withLock { guarded -> (Value?, Int, [Waiter]) in
                guarded.next += 1
                let value = body(&guarded.state)
                guard wakes, value != nil else { return (value, guarded.next, []) }
                defer { guarded.waiters = [] }
                return (value, guarded.next, guarded.waiters)
            }
            for waiter in waiters { waiter.continuation.resume() }
            if let value { return value }
            await sleepUntilUpdate(id, body)
        }
        return nil
    }

    private func sleepUntilUpdate<Value>(_ id: Int, _ body: (inout State) -> Value?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGoOn = guarded.withLock { guarded in
                    // What changed since the last look would wake nobody: look at a copy once more.
                    var copy = guarded.state
                    if Task.isCancelled || body(&copy) != nil { return true }
                    guarded.waiters.append(Waiter(id: id, continuation: continuation))
                    return false
                }
                if mayGoOn { continuation.resume() }
            }
        } onCancel: {
            let waiter = guarded.withLock { guarded in
                guarded.waiters.firstIndex { $0.id == id }.map { guarded.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }
}
