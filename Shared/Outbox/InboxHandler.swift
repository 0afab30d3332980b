import Contracts
import Messaging
import Postgres
import Resilience

/// Applies events to a PostgreSQL store: inbox, effect and outbox rows in one transaction.
public struct InboxHandler: EventBatchHandler {
    /// Applies the events that are new, on the transaction's connection.
    ///
    /// Throws ``BadMessage`` for what no retry can mend.
    public typealias Apply = @Sendable (PostgresConnection, [EventEnvelope]) throws -> Void

    private let pool: PostgresPool
    private let types: [String: Set<String>]
    private let applyNew: Apply

    /// - Parameter types: The event types that are wanted, by topic.
    public init(pool: PostgresPool, types: [String: Set<String>], apply: @escaping Apply) {
        self.pool = pool
        self.types = types
        applyNew = apply
    }

    public func handles(topic: String, type: String) -> Bool { types[topic]?.contains(type) ?? false }

    public func apply(_ events: [EventEnvelope]) async throws -> AppliedBatch {
        try await pool.transaction { connection in
            let fresh = try Inbox.admit(events, on: connection)
            if !fresh.isEmpty { try applyNew(connection, fresh) }
            return AppliedBatch(applied: fresh.count, duplicates: events.count - fresh.count)
        }
    }
}

extension PostgresError: FailureClassifying {
    /// Only what the data itself is guilty of is permanent: SQLSTATE classes 22 (data exception) and 23 (integrity
    /// constraint violation). A password that was changed, a read-only standby or a lock that is held for minutes are
    /// the store's affair, and no event becomes a dead letter for them.
    public var failureKind: FailureKind {
        if code == .decoding { return .permanent }
        guard let sqlState else { return .unavailable }
        return sqlState.hasPrefix("22") || sqlState.hasPrefix("23") ? .permanent : .unavailable
    }
    public var reason: String { sqlState.map { "store-refused-\($0)" } ?? "store-error" }
}
