import Contracts
import Kafka
import Logging
import Messaging
import Metrics
import Postgres
import Resilience
import ServiceLifecycle

/// Publishes what is in the outbox, in the order of `seq`, and deletes what the broker has acknowledged.
///
/// One relay is active per database: it holds an advisory lock on a session of its own. The others try for the lock
/// twice a second. The server ends a session that stays silent for ``OutboxRelayConfiguration/sessionTimeout``, so a
/// replica that was stopped or cut off loses the lock by itself. At a take-over a row may be published twice;
/// consumers drop the second.
///
/// It takes whatever rows are there and never asks for those "after the last one": transactions commit out of order.
public struct OutboxRelay: Service, CustomStringConvertible {
    private let session: PostgresSession
    private let producer: KafkaProducer
    private let configuration: OutboxRelayConfiguration
    private let status: OutboxRelayStatus
    private let logger: Logger

    /// - Parameter session: A session of the relay's own, made with ``OutboxRelayConfiguration/session(_:)``.
    public init(
        session: PostgresSession,
        producer: KafkaProducer,
        configuration: OutboxRelayConfiguration,
        status: OutboxRelayStatus = OutboxRelayStatus(),
        logger: Logger
    ) {
        self.session = session
        self.producer = producer
        self.configuration = configuration
        self.status = status
        self.logger = logger
    }

    public var description: String { "OutboxRelay" }

    public func run() async throws {
        await withGracefulShutdownHandler {
            var failures = 0
            while !isStopping {
                do {
                    try await relayWhileLocked { failures = 0 }
                } catch is CancellationError {
                    break
                } catch {
                    failures += 1
                    // The right to publish may be gone: nothing that is still waiting may go out late.
                    if (error as? KafkaError)?.isFatal ?? true { producer.purge() }
                    status.set(isActive: false)
                    if failures == 1 || failures.isMultiple(of: 20) {
                        logger.warning("The outbox relay lost its session", metadata: ["error": "\(error)"])
                    }
                    try? await Task.sleep(for: configuration.backoff.pause(afterAttempt: failures))
                }
            }
            status.set(isActive: false)
        } onGracefulShutdown: {
            session.interrupt()
        }
        await session.close()
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    private func relayWhileLocked(onSuccess: () -> Void) async throws {
        guard let lock = try await acquireLock(onSuccess: onSuccess) else { return }
        status.set(isActive: true)
        logger.info("This replica's outbox relay is active")
        try await publishUntilStopped(lock)
    }

    /// Tries until it has the lock; `nil` when it is told to stop.
    private func acquireLock(onSuccess: () -> Void) async throws -> RelayLock? {
        let lockKey = configuration.lockKey
        while !isStopping {
            let lock = try await session.run { connection -> RelayLock? in
                let row = try connection.query("SELECT pg_try_advisory_lock($1)", [.int8(lockKey)])[0]
                guard try row.bool(0) else {
                    _ = try connection.waitForNotification(timeout: .milliseconds(500))
                    return nil
                }
                try connection.script("LISTEN outbox")
                return RelayLock(connectionID: connection.id)
            }
            onSuccess()
            if let lock { return lock }
        }
        return nil
    }

    private func publishUntilStopped(_ lock: RelayLock) async throws {
        let (limit, pause) = (configuration.batchSize, configuration.pollInterval)
        var rows: [OutboxTable.Row] = []
        var deadline: ContinuousClock.Instant?
        while true {
            // Told to stop, it publishes what is there for a moment; the rest is for the next relay.
            if isStopping {
                deadline = deadline ?? .now + configuration.stopPatience
                if let deadline, deadline < .now { return }
            }
            if rows.isEmpty {
                rows = try await session.run { try OutboxTable.next(limit, removing: [], on: lock.checked($0)) }
            }
            if rows.isEmpty {
                if isStopping { return }
                try await session.run { _ = try lock.checked($0).waitForNotification(timeout: pause) }
                continue
            }
            let published = try await publishKeepingLock(rows, lock)
            rows = try await session.run {
                try OutboxTable.next(limit, removing: published, on: lock.checked($0))
            }
            Counter(label: "outbox_published_total").increment(by: published.count)
        }
    }

    /// Publishes, and keeps the session from falling silent while the broker takes its time.
    private func publishKeepingLock(_ rows: [OutboxTable.Row], _ lock: RelayLock) async throws -> [Int64] {
        try await withThrowingTaskGroup(of: [Int64]?.self) { group in
            group.addTask { try await publish(rows) }
            group.addTask {
                while !Task.isShuttingDownGracefully {
                    try await Task.sleep(for: configuration.pollInterval)
                    try await session.run { _ = try lock.checked($0).execute("SELECT 1") }
                }
                // Stopping: the broker gets a last moment, then the rows stay for the next relay.
                try await Task.sleep(for: configuration.stopPatience)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            return []
        }
    }

    /// Sends the rows and returns the numbers of those that were acknowledged.
    ///
    /// - Throws: what the broker says when it acknowledged none; of a part, the rest is tried again.
    private func publish(_ rows: [OutboxTable.Row]) async throws -> [Int64] {
        let source = configuration.source
        let results = try await producer.send(rows.map { EventCodec.record($0.event, source: source) })
        var published: [Int64] = []
        published.reserveCapacity(rows.count)
        var refusal: KafkaError?
        for (row, result) in zip(rows, results) {
            switch result {
            case .success:
                published.append(row.sequence)
            case .failure(let error):
                refusal = error
                guard !error.isRetriable else { continue }
                logger.critical(
                    "The broker refuses an event; it stays in the outbox",
                    metadata: ["event.id": "\(row.event.id)", "kafka.error": "\(error)"])
            }
        }
        if let refusal, published.isEmpty || refusal.isFatal { throw refusal }
        return published
    }
}

/// The advisory lock as long as the connection lives on which it was taken.
private struct RelayLock: Sendable {
    let connectionID: UInt64

    /// The connection, if it still is the one that holds the lock.
    func checked(_ connection: PostgresConnection) throws -> PostgresConnection {
        guard connection.id == connectionID else { throw RelayLockLost() }
        return connection
    }
}

/// The session was replaced, and with it the lock is gone.
private struct RelayLockLost: Error, CustomStringConvertible {
    var description: String { "the session that held the relay's lock was lost" }
}
