import Synchronization

/// Gathers concurrent requests into batches, so that many callers share one statement and one commit.
///
/// There is no timer: while a batch runs, the next one gathers. An idle coalescer runs a lone request at once, a busy
/// one runs larger and larger batches, up to `maxBatch`. With `awaitsCohort` a batch waits a moment for the callers of
/// the one before, see ``CallerCohort``.
///
/// - Errors: ``CoalescerError/queueFull`` when `queueLimit` requests wait; otherwise each caller's own result.
/// - Cancellation: a caller that is cancelled still gets its result; others in its batch never notice.
public final class Coalescer<Resource, Input: Sendable, Output: Sendable>: Sendable {
    public typealias Completion = @Sendable (Result<Output, any Error>) -> Void
    /// Runs its argument on a thread that owns a `Resource`, or hands it the reason why there is none.
    public typealias Perform = @Sendable (@escaping @Sendable (Result<Resource, any Error>) -> Void) -> Void

    /// Two arrays, so that a batch is handed to `run` without being copied.
    private struct Requests {
        var inputs: [Input] = []
        var completions: [Completion] = []

        var count: Int { inputs.count }
        var isEmpty: Bool { inputs.isEmpty }

        mutating func append(_ input: Input, _ completion: @escaping Completion) {
            inputs.append(input)
            completions.append(completion)
        }

        /// Takes the first ones out, `limit` at most.
        mutating func take(_ limit: Int) -> Requests {
            var taken = Requests()
            if count <= limit {
                taken.inputs.reserveCapacity(count)
                taken.completions.reserveCapacity(count)
                swap(&self, &taken)
            } else {
                taken.inputs = Array(inputs.prefix(limit))
                taken.completions = Array(completions.prefix(limit))
                inputs.removeFirst(limit)
                completions.removeFirst(limit)
            }
            return taken
        }
    }

    private struct State {
        var waiting = Requests()
        var workers = 0
        var cohort = CallerCohort()
    }

    private enum Next { case refuse, wait(rings: Int), start(workers: Int) }

    private let state = Mutex(State())
    private let bell = CohortBell()
    private let maxBatch: Int
    private let queueLimit: Int
    private let maxWorkers: Int
    private let awaitsCohort: Bool
    private let perform: Perform
    private let run: @Sendable (Resource, [Input]) -> [Result<Output, any Error>]

    /// - Parameters:
    ///   - workers: How many batches may run side by side.
    ///   - awaitsCohort: For batches that cost about the same however large they are, such as commits.
    ///   - perform: Brings a closure onto a thread with a resource; a connection pool offers it.
    ///   - run: Answers a batch; the results stand in the order of the inputs, as many as there are inputs.
    public init(
        maxBatch: Int,
        queueLimit: Int,
        workers: Int = 1,
        awaitsCohort: Bool = false,
        perform: @escaping Perform,
        run: @escaping @Sendable (Resource, [Input]) -> [Result<Output, any Error>]
    ) {
        self.maxBatch = maxBatch
        self.queueLimit = queueLimit
        maxWorkers = workers
        self.awaitsCohort = awaitsCohort
        self.perform = perform
        self.run = run
    }

    /// Requests that wait for a batch.
    public var queueDepth: Int { state.withLock { $0.waiting.count } }

    /// Queues one request and waits for its result.
    public func submit(_ input: Input) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            submit(input) { continuation.resume(with: $0) }
        }
    }

    /// Queues one request; `completion` is called once, on the thread that ran the batch, or at once where there is no room.
    public func submit(_ input: Input, completion: @escaping Completion) {
        let next: Next = state.withLock { state in
            guard state.waiting.count < queueLimit else { return .refuse }
            state.waiting.append(input, completion)
            return admitted(&state)
        }
        if case .refuse = next { completion(.failure(CoalescerError.queueFull)) }
        proceed(next)
    }

    /// Queues several requests, in their order, as far as there is room; each `completion` is called once, on the thread
    /// that ran its batch, or at once where there is no room.
    public func submit(_ requests: [(Input, Completion)]) {
        let (taken, next): (Int, Next) = state.withLock { state in
            let room = min(requests.count, queueLimit - state.waiting.count)
            guard room > 0 else { return (0, .refuse) }
            for (input, completion) in requests.prefix(room) { state.waiting.append(input, completion) }
            return (room, admitted(&state))
        }
        proceed(next)
        for (_, completion) in requests.dropFirst(taken) { completion(.failure(CoalescerError.queueFull)) }
    }

    /// What is to be done now that requests have come.
    private func admitted(_ state: inout State) -> Next {
        guard state.workers < maxWorkers else {
            return .wait(rings: state.cohort.callerCame(waiting: state.waiting.count))
        }
        let workers = min(maxWorkers - state.workers, (state.waiting.count + maxBatch - 1) / maxBatch)
        state.workers += workers
        return .start(workers: workers)
    }

    private func proceed(_ next: Next) {
        switch next {
        case .refuse: break
        case .wait(let rings): bell.ring(rings)
        case .start(let workers): for _ in 0..<workers { perform { [self] resource in work(resource) } }
        }
    }

    /// Answers one batch. For the next one it asks for a resource again, so that a connection that was lost with this
    /// batch does not fail those behind it.
    private func work(_ resource: Result<Resource, any Error>) {
        if awaitsCohort, state.withLock({ $0.cohort.batchBegins(waiting: $0.waiting.count) }) {
            bell.wait { state.withLock { $0.cohort.batchGivesUp() } }
        }
        // With several workers another may have taken all that waited; then there is nothing to do.
        let batch = state.withLock { $0.waiting.take(maxBatch) }
        let results: [Result<Output, any Error>] =
            switch resource {
            case .success(let resource): batch.isEmpty ? [] : run(resource, batch.inputs)
            case .failure(let error): batch.inputs.map { _ in .failure(error) }
            }
        precondition(results.count == batch.count, "a batch needs one result for each input")
        let hasMore = state.withLock { state in
            state.cohort.batchEnded(answered: batch.count, waiting: state.waiting.count)
            if state.waiting.isEmpty { state.workers -= 1 }
            return !state.waiting.isEmpty
        }
        // Before the answers: with a resource to spare the next batch runs while they are given.
        if hasMore { perform { [self] resource in work(resource) } }
        for (completion, result) in zip(batch.completions, results) { completion(result) }
    }
}

/// Why a ``Coalescer`` did not take a request.
public enum CoalescerError: Error, CustomStringConvertible {
    case queueFull

    public var description: String { "too many requests wait for the store" }
}
