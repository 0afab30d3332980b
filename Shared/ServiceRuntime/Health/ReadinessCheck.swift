import Synchronization

/// One check with its latest result; probes that come at once share one run of it.
///
/// Its ``run()`` waits for demand, so that nothing is asked of a store while nobody asks for readiness; a probe that
/// hangs makes the check fail, and is not started a second time beside itself.
final class ReadinessCheck: Sendable {
    private struct State {
        var last: (result: CheckResult, at: ContinuousClock.Instant)?
        var waiters: [Int: CheckedContinuation<CheckResult, Never>] = [:]
        var nextWaiter = 0
        var isStopped = false
    }

    let name: String
    let decides: Bool
    private let probe: @Sendable () async -> CheckResult
    private let maxAge: Duration
    private let timeout: Duration
    private let state = Mutex(State())
    private let demand: AsyncStream<Void>
    private let demandSource: AsyncStream<Void>.Continuation

    init(
        name: String, decides: Bool, maxAge: Duration = .milliseconds(200), timeout: Duration = .milliseconds(500),
        probe: @escaping @Sendable () async -> CheckResult
    ) {
        self.name = name
        self.decides = decides
        self.maxAge = maxAge
        self.timeout = timeout
        self.probe = probe
        (demand, demandSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs the probe whenever a result is asked for; returns when the task is cancelled or ``stop()`` is called.
    func run() async {
        for await _ in demand {
            let result = await probe()
            let waiters = state.withLock { state in
                state.last = (result, .now)
                defer { state.waiters = [:] }
                return state.waiters
            }
            for waiter in waiters.values { waiter.resume(returning: result) }
        }
        stop()
    }

    /// Ends ``run()`` and answers those that wait.
    func stop() {
        demandSource.finish()
        let waiters = state.withLock { state in
            state.isStopped = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: .fail("the service is stopping")) }
    }

    /// A result that is at most ``maxAge`` old, or a failure after ``timeout``.
    func result() async -> CheckResult {
        if let recent = state.withLock({ recent($0) }) { return recent }
        let timeout = self.timeout
        return await withTaskGroup(of: CheckResult?.self) { group in
            group.addTask { await self.nextResult() }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .fail("no answer within \(DurationText.format(timeout))")
        }
    }

    private func recent(_ state: borrowing State) -> CheckResult? {
        guard let last = state.last, last.at.duration(to: .now) < maxAge else { return nil }
        return last.result
    }

    private func nextResult() async -> CheckResult {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> CheckResult? in
                    if state.isStopped || Task.isCancelled { return .fail("the service is stopping") }
                    // A run may have ended since the caller looked.
                    if let recent = recent(state) { return recent }
                    state.waiters[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) } else { demandSource.yield() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(returning: .fail("cancelled"))
        }
    }
}
