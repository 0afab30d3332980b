import Logging
import Metrics
import WorkerThreads

/// A few connections on threads of their own, behind one bounded queue.
///
/// `init` does no I/O: each thread connects when its first job comes, and again when its connection was lost.
///
/// - Errors: ``MariaDBError`` when the queue is full, the pool is closed or the server cannot be reached; else what
///   the body throws.
/// - Cancellation: a job that still waits is skipped; one that runs is finished.
public final class MariaDBPool: Sendable, CustomStringConvertible {
    /// Where the connections lead, safe to show.
    public let address: String
    private let threads: WorkerThreads<MariaDBPooledConnection>
    private let waiting: Timer
    private let queued: Gauge

    /// - Parameters:
    ///   - connections: 2 to 4 suffice; more gain nothing.
    ///   - queueLimit: How many callers may wait before more are refused with code `queueFull`.
    public init(
        _ configuration: MariaDBConfiguration, connections: Int = 2, queueLimit: Int = 10_000, logger: Logger
    ) {
        let dimensions = [("database", configuration.database)]
        address = configuration.address
        waiting = Timer(label: "db_pool_wait_seconds", dimensions: dimensions)
        queued = Gauge(label: "db_pool_queue", dimensions: dimensions)
        threads = WorkerThreads(
            name: "mariadb", count: connections, queueLimit: queueLimit,
            idle: { $0.dropIfDead() },
            make: { MariaDBPooledConnection(configuration, logger: logger) }
        )
    }

    /// Runs `body` on a connection. When it fails because the connection was lost it is not run again here.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (MariaDBConnection) throws -> Value
    ) async throws -> Value {
        let (waiting, start) = (waiting, ContinuousClock.now)
        queued.record(threads.queueDepth)
        do {
            return try await threads.run { pooled in
                waiting.recordNanoseconds(start.duration(to: .now).nanoseconds)
                return try body(try pooled.connected())
            }
        } catch let error as WorkerThreadsError {
            throw MariaDBError(error)
        }
    }

    /// Hands `job` one of the pool's threads, with the connection that belongs to it, or the reason why there is none;
    /// returns at once.
    ///
    /// For a `Coalescer`, whose callers wait elsewhere. A job may go on for as long as requests come, so it asks for the
    /// connection anew at every batch: one that was lost is replaced.
    public func perform(_ job: @escaping @Sendable (Result<MariaDBPooledConnection, any Error>) -> Void) {
        threads.perform(
            { pooled in job(.success(pooled)) },
            refused: { error in job(.failure((error as? WorkerThreadsError).map(MariaDBError.init) ?? error)) }
        )
    }

    /// Runs `body` in a transaction; runs it again, up to `retries` times and after a jittered pause, when it failed
    /// in a way that a repeat can mend. An ambiguous commit is never repeated: the caller decides.
    public func transaction<Value: Sendable>(
        retries: Int = 3, _ body: @escaping @Sendable (MariaDBConnection) throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            do {
                return try await run { connection in try connection.transaction(body) }
            } catch let error as MariaDBError where error.isRetriable && !error.isCommitAmbiguous && attempt < retries {
                attempt += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...20) << min(attempt, 5)))
            }
        }
    }

    /// Asks the server for an answer.
    ///
    /// - Throws: ``MariaDBError`` that says why there is none.
    public func check() async throws {
        _ = try await run { connection in try connection.query("SELECT 1").count }
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

    public var description: String { "MariaDBPool(\(address))" }

    /// Refuses new jobs, lets those that wait finish, and disconnects.
    public func close() async { await threads.close() }
}

extension MariaDBError {
    fileprivate init(_ error: WorkerThreadsError) {
        switch error {
        case .queueFull:
            self.init(.queueFull, summary: "all connections to MariaDB are busy and their queue is full")
        case .closed: self.init(.closed, summary: "the connections to MariaDB are closed")
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
