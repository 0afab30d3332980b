import Dispatch

/// Who is likely to wait for the next batch: those who were just answered and come again at once, and those who queued
/// meanwhile.
///
/// Without it a batch begins with the first who comes again, the others miss it, and batches become small and uneven:
/// more commits for the same work. PostgreSQL's `commit_delay` and MariaDB's
/// `binlog_group_commit_sync_delay` answer the same question. A lone caller never waits for anybody.
///
/// It is a value that lives under its owner's lock; the thread of a batch sleeps on a ``CohortBell``.
public struct CallerCohort: Sendable, Hashable {
    /// Fewer than these are not worth a wait.
    public static let few = 8
    /// A batch waits so long at most, whoever stays away.
    public static let patience: Duration = .microseconds(500)

    private var expected = 0
    /// Batches that wait.
    private var sleepers = 0

    public init() {}

    /// Notes the end of a batch.
    ///
    /// - Parameters:
    ///   - answered: Callers who have their answer now.
    ///   - waiting: Callers who came while it ran.
    public mutating func batchEnded(answered: Int, waiting: Int) { expected = answered + waiting }

    /// Whether half of those who are expected have come. With more, everybody would wait for the slowest and the machine
    /// would stand still meanwhile; so one half is answered while the other half's commit is on its way.
    public func isThere(waiting: Int) -> Bool { expected < Self.few || waiting * 2 >= expected }

    /// A batch is to begin.
    ///
    /// - Returns: Whether it waits first: with ``CohortBell/wait(givingUp:)``.
    public mutating func batchBegins(waiting: Int) -> Bool {
        guard !isThere(waiting: waiting) else { return false }
        sleepers += 1
        return true
    }

    /// A caller has come.
    ///
    /// - Returns: How often to ring.
    public mutating func callerCame(waiting: Int) -> Int {
        guard sleepers > 0, isThere(waiting: waiting) else { return 0 }
        defer { sleepers = 0 }
        return sleepers
    }

    /// A batch waits no longer.
    ///
    /// - Returns: `false` if it has just been rung for.
    public mutating func batchGivesUp() -> Bool {
        guard sleepers > 0 else { return false }
        sleepers -= 1
        return true
    }
}

/// Wakes the thread of a batch when its ``CallerCohort`` is there.
public final class CohortBell: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    public init() {}

    /// - Parameter count: What ``CallerCohort/callerCame(waiting:)`` said.
    public func ring(_ count: Int) { for _ in 0..<count { semaphore.signal() } }

    /// Blocks the calling thread until the bell rings, or ``CallerCohort/patience`` is over.
    ///
    /// - Parameter givingUp: ``CallerCohort/batchGivesUp()``, under the lock.
    public func wait(givingUp: () -> Bool) {
        let patience = Int(CallerCohort.patience.components.attoseconds / 1_000_000_000)
        guard semaphore.wait(timeout: .now() + .nanoseconds(patience)) == .timedOut, !givingUp() else { return }
        semaphore.wait()
    }
}
