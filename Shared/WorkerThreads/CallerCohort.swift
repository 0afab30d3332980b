import Glibc

/// Who is likely to wait for the next batch: those who were just answered and come again at once, and those who queued
/// meanwhile.
///
/// Without it a batch begins with the first who comes again, the others miss it, and batches become small and uneven:
/// more commits for the same work. PostgreSQL's `commit_delay` and MariaDB's
/// `binlog_group_commit_sync_delay` answer the same question. A lone caller never waits for anybody.
public struct CallerCohort: Sendable, Hashable {
    /// Fewer than these are not worth a wait.
    public static let few = 8
    /// A batch waits so long at most, whoever stays away.
    public static let patience: Duration = .microseconds(500)

    private var expected = 0

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

    /// Blocks the calling thread until `isThere` says that they have come, or ``patience`` is over.
    public static func wait(until isThere: () -> Bool) {
        let end = ContinuousClock.now + patience
        while !isThere(), ContinuousClock.now < end { usleep(50) }
    }
}
