import Synchronization

/// Several sinks behind one channel. A sink that failed is left out for ``penalty``, unless all of them are.
///
/// - failover: the first of the list that is not left out gets everything.
/// - load balancing: they take turns, batch by batch.
///
/// A batch that one sink did not take goes to the next at once; only when none takes it does the delivery fail.
final class SinkGroup: Sink {
    private struct State {
        var turn = 0
        var leftOutUntil: [Int: ContinuousClock.Instant] = [:]
    }

    private let kind: SinkGroupKind
    private let sinks: [any Sink]
    private let penalty: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    init(
        _ kind: SinkGroupKind, _ sinks: [any Sink], penalty: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        precondition(!sinks.isEmpty)
        self.kind = kind
        self.sinks = sinks
        self.penalty = penalty
        self.now = now
    }

    func deliver(_ batch: LineBatch) async throws {
        var failure: (any Error)?
        for index in order() {
            do {
                try await sinks[index].deliver(batch)
                state.withLock { _ = $0.leftOutUntil.removeValue(forKey: index) }
                return
            } catch {
                if Task.isCancelled { throw error }
                failure = error
                let until = now() + penalty
                state.withLock { $0.leftOutUntil[index] = until }
            }
        }
        if let failure { throw failure }
    }

    func close() async {
        for sink in sinks { await sink.close() }
    }

    /// In which order the sinks are tried: those that are not left out first.
    private func order() -> [Int] {
        let now = now()
        return state.withLock { state in
            var all = Array(sinks.indices)
            if kind == .loadBalancing {
                all = Array(all[state.turn...] + all[..<state.turn])
                state.turn = (state.turn + 1) % sinks.count
            }
            let good = all.filter { state.leftOutUntil[$0].map { $0 <= now } ?? true }
            return good + all.filter { !good.contains($0) }
        }
    }
}
