import Contracts
import Synchronization

/// How many messages wait in all groups, as it was measured last.
final class QueueGauge: Sendable {
    private let limit: Int
    private let waiting = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    func measured(_ count: Int) { waiting.store(count, ordering: .relaxed) }

    /// - Errors: 503 `queue-full`.
    func check() throws(DomainError) {
        guard waiting.load(ordering: .relaxed) < limit else { throw .queueFull }
    }
}
