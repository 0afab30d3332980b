import Logging
import WorkerThreads

/// A few connections on threads of their own, behind one bounded queue.
///
/// `init` does no I/O: each thread connects when its first job comes, and again when its connection was lost.
///
/// - Errors: ``RedisError`` when the queue is full, the pool is closed or the server cannot be reached; else what the
///   body throws.
/// - Cancellation: a job that still waits is skipped; one that runs is finished.
public final class RedisPool: Sendable, CustomStringConvertible {
    /// Where the connections lead, safe to show.
    public let address: String
    private let threads: WorkerThreads<RedisPooledConnection>

    /// - Parameter queueLimit: How many callers may wait before more are refused with code `queueFull`.
    public init(_ configuration: RedisConfiguration, connections: Int = 1, queueLimit: Int = 10_000, logger: Logger) {
        address = configuration.address
        threads = WorkerThreads(name: "redis", count: connections, queueLimit: queueLimit) {
            RedisPooledConnection(configuration, logger: logger)
        }
    }

    /// Runs `body` on a connection. When it fails because the connection was lost it is not run again here.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (RedisConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await threads.run { pooled in try body(try pooled.connected()) }
        } catch let error as WorkerThreadsError {
            throw RedisError(error)
        }
    }

    /// Asks the server for an answer.
    ///
    /// - Throws: ``RedisError`` that says why there is none.
    public func check() async throws { _ = try await run { connection in try connection.command("PING") } }

    public var description: String { "RedisPool(\(address))" }

    /// Refuses new jobs, lets those that wait finish, and disconnects.
    public func close() async { await threads.close() }
}
