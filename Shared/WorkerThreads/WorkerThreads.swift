import DequeModule
import Foundation
import Synchronization

/// A fixed number of threads, each owning one `Resource`, fed from one bounded first-in-first-out queue.
///
/// Made for blocking C libraries: their calls never run on Swift's cooperative pool, and a connection never
/// leaves the thread that made it. `Resource` is created on its thread by `make` and released there.
///
/// - Errors: ``WorkerThreadsError/queueFull`` when `queueLimit` jobs wait, ``WorkerThreadsError/closed`` after
///   ``close()``; otherwise what the body throws.
/// - Cancellation: a job that still waits in the queue when its task is cancelled is skipped with
///   `CancellationError`; one that has begun runs to its end.
public final class WorkerThreads<Resource>: Sendable {
    private struct Job {
        let run: (Resource) -> Void
        let fail: (any Error) -> Void
        let isCancelled: () -> Bool
    }

    // @unchecked Sendable: every access to the stored state happens with `condition` locked.
    private final class Queue: @unchecked Sendable {
        let condition = NSCondition()
        var jobs = Deque<Job>()
        var isClosed = false
        var running = 0
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let queue = Queue()
    private let queueLimit: Int

    /// Starts `count` threads called `name`.
    ///
    /// - Parameters:
    ///   - queueLimit: How many jobs may wait before ``run(_:)`` refuses more.
    ///   - idle: Called on each thread with its resource whenever no job came for `idleInterval`.
    ///   - make: Makes the thread's resource; called once on each thread.
    public init(
        name: String,
        count: Int,
        queueLimit: Int,
        idleInterval: Duration = .seconds(1),
        idle: (@Sendable (Resource) -> Void)? = nil,
        make: @escaping @Sendable () -> Resource
    ) {
        self.queueLimit = queueLimit
        let queue = self.queue
        queue.running = count
        for _ in 0..<count {
            let thread = Thread {
                // The resource is gone when this returns, so that whoever waits for the end finds it released.
                Self.work(queue, make, idleInterval: idleInterval, idle: idle)
                Self.end(queue)
            }
            thread.name = name
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    deinit {
        queue.condition.withLock { queue.isClosed = true }
        queue.condition.broadcast()
    }

    /// Jobs that wait for a free thread.
    public var queueDepth: Int { queue.condition.withLock { queue.jobs.count } }

    /// Runs `body` on one of the threads with its resource and returns what it returns.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (Resource) throws -> Value
    ) async throws -> Value {
        let cancelled = Atomic<Bool>.Box(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                enqueue(
                    Job(
                        run: { resource in continuation.resume(with: Result { try body(resource) }) },
                        fail: { continuation.resume(throwing: $0) },
                        isCancelled: { cancelled.value.load(ordering: .relaxed) }
                    )
                )
            }
        } onCancel: {
            cancelled.value.store(true, ordering: .relaxed)
        }
    }

    /// Queues `body` for one of the threads and returns at once; for bridges that have no task to wait in.
    ///
    /// `refused` is called instead, on the caller's thread, when the queue is full or closed.
    public func perform(
        _ body: @escaping @Sendable (Resource) -> Void, refused: @escaping @Sendable (any Error) -> Void
    ) {
        enqueue(Job(run: body, fail: refused, isCancelled: { false }))
    }

    /// Refuses new jobs, lets those that wait finish, and returns when every thread has ended.
    public func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.condition.lock()
            queue.isClosed = true
            if queue.running == 0 {
                queue.condition.unlock()
                continuation.resume()
                return
            }
            queue.closers.append(continuation)
            queue.condition.broadcast()
            queue.condition.unlock()
        }
    }

    private func enqueue(_ job: Job) {
        queue.condition.lock()
        let refusal: WorkerThreadsError? =
            if queue.isClosed { .closed } else if queue.jobs.count >= queueLimit { .queueFull } else { nil }
        if refusal == nil {
            queue.jobs.append(job)
            queue.condition.signal()
        }
        queue.condition.unlock()
        if let refusal { job.fail(refusal) }
    }

    private static func work(
        _ queue: Queue, _ make: () -> Resource, idleInterval: Duration, idle: (@Sendable (Resource) -> Void)?
    ) {
        let resource = make()
        let seconds = Double(idleInterval.components.seconds) + Double(idleInterval.components.attoseconds) * 1e-18
        while true {
            queue.condition.lock()
            var isIdle = false
            while queue.jobs.isEmpty, !queue.isClosed, !isIdle {
                isIdle = !queue.condition.wait(until: Date(timeIntervalSinceNow: seconds))
            }
            let job = queue.jobs.popFirst()
            let isClosed = queue.isClosed
            queue.condition.unlock()
            if let job {
                if job.isCancelled() { job.fail(CancellationError()) } else { job.run(resource) }
            } else if isClosed {
                break
            } else {
                idle?(resource)
            }
        }
    }

    private static func end(_ queue: Queue) {
        queue.condition.lock()
        queue.running -= 1
        let closers = queue.running == 0 ? queue.closers : []
        if queue.running == 0 { queue.closers = [] }
        queue.condition.unlock()
        for closer in closers { closer.resume() }
    }
}

/// Why ``WorkerThreads`` did not take a job.
public enum WorkerThreadsError: Error, CustomStringConvertible {
    case queueFull
    case closed

    public var description: String {
        switch self {
        case .queueFull: "all connections are busy and the queue in front of them is full"
        case .closed: "the connections are closed"
        }
    }
}

extension Atomic where Value == Bool {
    /// An atomic on the heap, so that two closures can share it.
    fileprivate final class Box: Sendable {
        let value: Atomic<Bool>
        init(_ initial: Bool) { value = Atomic(initial) }
    }
}
