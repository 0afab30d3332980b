import Logging
import WorkerThreads

/// One connection on a thread of its own, for long jobs that hold something: a lock, a `LISTEN`.
///
/// A lost connection is replaced at the next ``run(_:)``; what the session held is gone then, which a changed
/// ``PostgresConnection/id`` shows.
public final class PostgresSession: Sendable, CustomStringConvertible {
    private let threads: WorkerThreads<ConnectionSlot>
    private let wakeup: PostgresWakeup
    public let description: String

    /// Starts the thread; does not connect.
    ///
    /// - Throws: ``PostgresError`` when the process has no descriptor left.
    public init(_ configuration: PostgresConfiguration, logger: Logger) throws {
        let wakeup = try PostgresWakeup()
        self.wakeup = wakeup
        description = "PostgresSession(\(configuration.address))"
        threads = WorkerThreads(
            name: "postgres-session", count: 1, queueLimit: 100, idle: { $0.checkIdle() },
            make: { ConnectionSlot(configuration, wakeup: wakeup, logger: logger) })
    }

    /// Runs `body` with the connection, one at a time in the order of the calls.
    ///
    /// Cancellation does not end a body that has begun; let it look at a flag and call ``interrupt()``.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await threads.run { try $0.use(body) }
        } catch let error as WorkerThreadsError {
            throw PostgresError(error)
        }
    }

    /// Ends the `waitForNotification` that is going on, or else the next one. From any thread.
    public func interrupt() { wakeup.signal() }

    /// Refuses new work, wakes the body that waits, lets it finish, and disconnects.
    public func close() async {
        interrupt()
        await threads.close()
    }
}
