import Logging
import Metrics
import WorkerThreads

/// A fixed number of connections, each on a thread of its own, behind one bounded queue.
///
/// Nothing is connected before the first use. A lost connection is replaced; while the server is away, callers are
/// refused with a retriable error within `connectTimeout`.
///
/// Cancellation: a body that still waits in the queue is skipped with `CancellationError`; one that has begun runs on.
public final class PostgresPool: Sendable, CustomStringConvertible {
    let threads: WorkerThreads<ConnectionSlot>
    let waiting: Timer
    let queue: Gauge
    public let description: String

    /// Starts the threads; does not connect.
    ///
    /// - Parameters:
    ///   - connections: 2 to 4 suffice; more gain nothing.
    ///   - queueLimit: How many callers may wait before more are refused with code `queueFull`.
    public init(
        _ configuration: PostgresConfiguration, connections: Int = 2, queueLimit: Int = 10_000, logger: Logger
    ) {
        let dimensions = [("database", configuration.database)]
        description = "PostgresPool(\(configuration.address))"
        waiting = Timer(label: "db_pool_wait_seconds", dimensions: dimensions)
        queue = Gauge(label: "db_pool_queue", dimensions: dimensions)
        threads = WorkerThreads(
            name: "postgres", count: connections, queueLimit: queueLimit, idle: { $0.checkIdle() },
            make: { ConnectionSlot(configuration, logger: logger) })
    }

    /// Runs `body` with a connection. It is never run twice; a transaction it leaves open is rolled back.
    ///
    /// - Throws: What `body` throws, or ``PostgresError``.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let (waiting, asked) = (waiting, ContinuousClock.now)
        queue.record(threads.queueDepth)
        do {
            return try await threads.run { slot in
                waiting.recordNanoseconds((ContinuousClock.now - asked).nanoseconds)
                return try slot.use(body)
            }
        } catch let error as WorkerThreadsError {
            throw PostgresError(error)
        }
    }

    /// Asks the server for an answer.
    ///
    /// - Throws: ``PostgresError`` that says why there is none.
    public func check() async throws {
        _ = try await run { try $0.execute("SELECT 1") }
    }

    /// Whether the server answers.
    public func ping() async -> Bool {
        do {
            try await check()
            return true
        } catch {
            return false
        }
    }

    /// Refuses new work, lets what waits finish, and disconnects.
    public func close() async { await threads.close() }
}

extension PostgresError {
    init(_ error: WorkerThreadsError) {
        switch error {
        case .queueFull: self.init(.queueFull, "all connections to PostgreSQL are busy and their queue is full")
        case .closed: self.init(.closed, "the connections to PostgreSQL are closed")
        }
    }
}

extension Duration {
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
