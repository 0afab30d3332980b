import Synchronization

/// Lets a bounded number of calls run at once; a bounded number waits a bounded time for its turn, in order.
///
/// It keeps a peer that hangs from taking up every task, connection and byte of memory of this process.
///
/// - Errors: ``BulkheadFull``; otherwise what the call throws.
/// - Cancellation: one that waits leaves the queue with `CancellationError`. If its turn comes at that very moment the
///   call begins, cancelled, and gives its place on when it ends.
public final class Bulkhead: Sendable {
    /// Where one that waits stands between its admission and its end.
    private enum Ticket {
        /// In the queue, its task not suspended yet.
        case queued
        case suspended(CheckedContinuation<Void, any Error>)
        /// Its turn has come, or its waiting has ended, before its task was suspended.
        case settled(Result<Void, any Error>)
    }

    private struct State {
        var queue: BulkheadQueue
        var tickets: [Int: Ticket] = [:]
        var queueFull = 0
        var waitedTooLong = 0
    }

    public let name: String
    public let configuration: BulkheadConfiguration
    private let clock: any MonotonicClock
    private let state: Mutex<State>

    public init(name: String, configuration: BulkheadConfiguration, clock: any MonotonicClock = ContinuousClock()) {
        self.name = name
        self.configuration = configuration
        self.clock = clock
        let queue = BulkheadQueue(
            maxConcurrent: configuration.maxConcurrent, maxWaiting: configuration.maxWaiting)
        state = Mutex(State(queue: queue))
    }

    /// Makes the call when there is a place for it.
    public nonisolated(nonsending) func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await operation()
    }

    public var snapshot: BulkheadSnapshot {
        state.withLock {
            BulkheadSnapshot(
                running: $0.queue.running, waiting: $0.queue.waiting, queueFull: $0.queueFull,
                waitedTooLong: $0.waitedTooLong)
        }
    }

    private func enter() async throws {
        let admission = state.withLock { state in
            let admission = state.queue.enter()
            switch admission {
            case .running: break
            case .waiting(let id): state.tickets[id] = .queued
            case .refused: state.queueFull += 1
            }
            return admission
        }
        switch admission {
        case .running: return
        case .waiting(let id): try await wait(id)
        case .refused: throw BulkheadFull(bulkhead: name, cause: .queueFull)
        }
    }

    private func wait(_ id: Int) async throws {
        guard let maxWait = configuration.maxWait else { return try await suspend(id) }
        let limit = clock.now + maxWait
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                // It is cancelled as soon as the waiting ends in another way.
                guard (try? await clock.sleep(until: limit, tolerance: nil)) != nil else { return }
                settle(id, BulkheadFull(bulkhead: name, cause: .waitedTooLong))
            }
            defer { group.cancelAll() }
            try await suspend(id)
        }
    }

    private func suspend(_ id: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if case .settled(let result) = state.tickets[id] {
                        state.tickets[id] = nil
                        return result
                    }
                    state.tickets[id] = .suspended(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            settle(id, CancellationError())
        }
    }

    /// Ends the waiting of one that is still in the queue.
    private func settle(_ id: Int, _ error: any Error) {
        let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
            guard state.queue.abandon(id) else { return nil }
            if error is BulkheadFull { state.waitedTooLong += 1 }
            return Self.settle(id, .failure(error), &state)
        }
        continuation?.resume(throwing: error)
    }

    private func leave() {
        let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
            state.queue.leave().flatMap { Self.settle($0, .success(()), &state) }
        }
        continuation?.resume()
    }

    /// Whom to resume; `nil` if its task is not suspended yet and will find the result.
    private static func settle(
        _ id: Int, _ result: Result<Void, any Error>, _ state: inout State
    ) -> CheckedContinuation<Void, any Error>? {
        if case .suspended(let continuation) = state.tickets[id] {
            state.tickets[id] = nil
            return continuation
        }
        state.tickets[id] = .settled(result)
        return nil
    }
}
