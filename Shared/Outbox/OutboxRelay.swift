import Contracts
import Kafka
import Logging
import Messaging
import Metrics
import Postgres
import Resilience
import ServiceLifecycle
import Synchronization

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
    /// How long rows that were published may wait for the next ones, to be removed together with the next look.
    private static let removalDelay: Duration = .milliseconds(20)

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
            let failures = Failures()
            while !isStopping {
                do {
                    try await relayWhileLocked(failures)
                } catch is CancellationError {
                    break
                } catch {
                    let count = failures.add()
                    // The right to publish may be gone: nothing that is still waiting may go out late.
                    if (error as? KafkaError)?.isFatal ?? true { producer.purge() }
                    status.set(isActive: false)
                    if count == 1 || count.isMultiple(of: 20) {
                        logger.warning("The outbox relay lost its session", metadata: ["error": "\(error)"])
                    }
                    try? await Task.sleep(for: configuration.backoff.pause(afterAttempt: count))
                }
            }
            status.set(isActive: false)
        } onGracefulShutdown: {
            session.interrupt()
        }
        await session.close()
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    private func relayWhileLocked(_ failures: Failures) async throws {
        guard let lock = try await acquireLock(failures) else { return }
        status.set(isActive: true)
        logger.info("This replica's outbox relay is active")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await keepLock(lock) }
            group.addTask { try await publishUntilStopped(lock, failures) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Keeps the session from falling silent while the broker takes its time, and notices when it is lost.
    private func keepLock(_ lock: RelayLock) async throws {
        while !Task.isShuttingDownGracefully {
            try await Task.sleep(for: configuration.pollInterval)
            try await session.run { _ = try lock.checked($0).execute("SELECT 1") }
        }
        // Stopping: the broker gets a last moment, then the rows stay for the next relay.
        try await Task.sleep(for: configuration.stopPatience)
        throw CancellationError()
    }

    /// Tries until it has the lock; `nil` when it is told to stop.
    private func acquireLock(_ failures: Failures) async throws -> RelayLock? {
        let lockKey = configuration.lockKey
        while !isStopping {
            let lock = try await session.run { connection -> RelayLock? in
                let row = try connection.query("SELECT pg_try_advisory_lock($1)", [.int8(lockKey)])[0]
                guard try row.bool(0) else {
                    _ = try connection.waitForNotification(timeout: .milliseconds(500))
                    return nil
                }
                // The deletes of what was published need not wait for the disk: a server that crashes may bring rows back,
                // they are published again, and consumers drop the second, as at a take-over.
                try connection.script("SET synchronous_commit TO off")
                try connection.listen(OutboxSchema.channel)
                return RelayLock(connectionID: connection.id)
            }
            if let lock { return lock }
            failures.reset()
        }
        return nil
    }

    /// One job of the session a round: wait for events, remove what was published, take what is there.
    private func publishUntilStopped(_ lock: RelayLock, _ failures: Failures) async throws {
        let limit = configuration.batchSize
        var held = HeldAggregates(backoff: configuration.refusalBackoff)
        var published: [Int64] = []
        var unknown: Set<String> = []
        var mayBeMore = true
        while true {
            let isLast = isStopping
            let wait = mayBeMore || isLast ? .zero : published.isEmpty ? configuration.pollInterval : Self.removalDelay
            let head = try await session.run { [published] in
                let connection = try lock.checked($0)
                if wait > .zero { _ = try connection.waitForNotification(timeout: wait) }
                return try OutboxTable.next(limit, removing: published, on: connection)
            }
            published = []
            report(head.unknownAggregates, known: &unknown)
            let rows = held.admitted(head.rows, now: .now)
            guard !rows.isEmpty else {
                failures.reset()
                if isLast { return }
                mayBeMore = false
                continue
            }
            published = try await publish(rows, &held)
            mayBeMore = head.rows.count == limit
            if !published.isEmpty { failures.reset() }
            Counter(label: "outbox_published_total").increment(by: published.count)
        }
    }

    /// Says once of each aggregate that its events wait for a release that knows it.
    private func report(_ names: Set<String>, known: inout Set<String>) {
        for name in names.subtracting(known) {
            logger.error(
                "The outbox holds events of an aggregate that this release does not know; they stay there",
                metadata: ["outbox.aggregate": "\(name)"])
        }
        known.formUnion(names)
    }

    /// Sends the rows and returns the numbers of those that were acknowledged.
    ///
    /// - Throws: what the broker says when it acknowledged none for a reason that passes.
    private func publish(_ rows: [OutboxTable.Row], _ held: inout HeldAggregates) async throws -> [Int64] {
        let source = configuration.source
        let results = try await producer.send(rows.map { EventCodec.record($0.event, source: source) })
        var published: [Int64] = []
        published.reserveCapacity(rows.count)
        var passing: KafkaError?
        for (row, result) in zip(rows, results) {
            switch result {
            case .success:
                published.append(row.sequence)
                held.published(row)
            case .failure(let error) where error.isRetriable || error.isFatal:
                passing = error
            case .failure(let error):
                held.refused(row, now: .now)
                logger.critical(
                    "The broker refuses an event; it stays in the outbox and those of its entity wait behind it",
                    metadata: ["event.id": "\(row.event.id)", "kafka.error": "\(error)"])
            }
        }
        Gauge(label: "outbox_held_aggregates").record(held.count)
        if let passing, published.isEmpty || passing.isFatal { throw passing }
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

/// Failures in a row, for the backoff.
private final class Failures: Sendable {
    private let count = Atomic<Int>(0)

    func add() -> Int { count.add(1, ordering: .relaxed).newValue }
    func reset() { count.store(0, ordering: .relaxed) }
}

/// The session was replaced, and with it the lock is gone.
private struct RelayLockLost: Error, CustomStringConvertible {
    var description: String { "the session that held the relay's lock was lost" }
}
