import Contracts
import Logging
import Metrics
import Postgres
import Resilience
import ServiceLifecycle
import Synchronization

/// Brings the stored events to the search index, in pages, as fast as it takes them. Whatever the index does, storing and
/// callers are not held up: all that is kept for it is a cursor.
///
/// One replica at a time, by an advisory lock on a session of its own; the others wait. Dying between the index's answer
/// and the cursor's commit repeats a page, which changes nothing, for a document's id is its event's.
final class IndexFollower: Service, CustomStringConvertible {
    private static let lock: Int64 = 0x6576_656E_7469_6478

    private let session: PostgresSession
    private let index: ElasticsearchIndex
    private let interval: Duration
    private let backoff: Backoff
    private let logger: Logger
    private let state = Mutex(IndexStatus(state: .standby))

    /// - Parameter session: A session of the follower's own.
    init(
        session: PostgresSession, index: ElasticsearchIndex, interval: Duration = .milliseconds(250),
        backoff: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(5)), logger: Logger
    ) {
        self.session = session
        self.index = index
        self.interval = interval
        self.backoff = backoff
        self.logger = logger
    }

    let description = "IndexFollower"
    var status: IndexStatus { state.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var hasTemplate = false
            while !Task.isCancelled {
                do {
                    if let holder = try await self.takeLock() {
                        if !hasTemplate { hasTemplate = await self.putTemplate() }
                        try await self.follow(as: holder)
                    } else {
                        let waiting = try await self.session.run { try IndexCursor.oldestWaiting(on: $0) }
                        self.state.withLock { state in
                            (state.state, state.fault) = (.standby, nil)
                            state.saw(waitingSince: waiting)
                        }
                    }
                } catch {
                    self.fail(error)
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await session.close()
    }

    /// The id of the connection that holds the lock; `nil` while another replica has it.
    private func takeLock() async throws -> UInt64? {
        try await session.run { connection in
            let rows = try connection.query("SELECT pg_try_advisory_lock($1)", [.int8(Self.lock)])
            return try rows[0].bool(0) ? connection.id : nil
        }
    }

    private func putTemplate() async -> Bool {
        do {
            try await index.putTemplate()
            return true
        } catch {
            logger.warning("the index template was not put", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func follow(as holder: UInt64) async throws {
        while !Task.isCancelled {
            let page = try await onLockedSession(holder) { try IndexCursor.nextPage(on: $0) }
            guard let (events, end) = page else {
                let waiting = try await onLockedSession(holder) { try IndexCursor.oldestWaiting(on: $0) }
                state.withLock { state in
                    (state.state, state.fault) = (.up, nil)
                    state.saw(waitingSince: waiting)
                }
                try await Task.sleep(for: interval)
                continue
            }
            state.withLock { $0.saw(waitingSince: events.first?.receivedAt) }
            let rejected = try await indexAll(events, holder)
            try await onLockedSession(holder) { try end.save(rejected, on: $0) }
            state.withLock { state in
                state.indexed += events.count - rejected.count
                state.rejected += rejected.count
                (state.state, state.fault) = (.up, nil)
            }
            Counter(label: "sink_indexed_total").increment(by: events.count - rejected.count)
            if !rejected.isEmpty { Counter(label: "sink_rejected_total").increment(by: rejected.count) }
        }
    }

    /// Sends the events until each is in the index or refused for good; as long as it takes.
    private func indexAll(_ events: [Event], _ holder: UInt64) async throws -> [(event: Event, reason: String)] {
        var rejected: [(event: Event, reason: String)] = []
        // Parts that still have to go; a part that is too large is cut in two.
        var parts = [events]
        var failures = 0
        while let part = parts.popLast() {
            var again: [Event] = []
            do {
                for (event, outcome) in zip(part, try await index.send(part[...])) {
                    switch outcome {
                    case .indexed: break
                    case .rejected(let reason): rejected.append((event, reason))
                    case .retry(let reason):
                        again.append(event)
                        state.withLock { $0.fault = reason }
                    }
                }
            } catch {
                switch error {
                case .tooMuch where part.count > 1:
                    parts += [Array(part[(part.count / 2)...]), Array(part[..<(part.count / 2)])]
                    continue
                case .tooMuch: rejected.append((part[0], "\(error)"))
                case .unavailable:
                    again = part
                    fail(error)
                }
            }
            guard !again.isEmpty else {
                failures = 0
                continue
            }
            parts.append(again)
            failures = again.count < part.count ? 1 : failures + 1
            Counter(label: "sink_retries_total").increment(by: again.count)
            try await Task.sleep(for: backoff.pause(afterAttempt: failures))
            // A sign of life, and the question whether the lock is still ours.
            _ = try await onLockedSession(holder) { try $0.execute("SELECT 1") }
        }
        return rejected
    }

    private func onLockedSession<Value: Sendable>(
        _ holder: UInt64, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await session.run { connection in
            guard connection.id == holder else { throw LockLost() }
            return try body(connection)
        }
    }

    private func fail(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        let isNew = state.withLock { state in
            defer { (state.state, state.fault) = (.down, "\(error)") }
            return state.state != .down
        }
        if isNew { logger.warning("the search index does not follow", metadata: ["error": "\(error)"]) }
    }
}

/// The session was replaced, and its lock is gone with it.
private struct LockLost: Error, CustomStringConvertible {
    var description: String { "the session that held the lock was lost" }
}
