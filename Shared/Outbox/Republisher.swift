import Contracts
import Logging
import Postgres

/// Puts the current state of every entity through the outbox again, for consumers that build their view anew.
///
/// The events carry new ids and the entities' present versions: whoever has seen that version ignores them.
public struct Republisher<Store: AggregateStore>: Sendable {
    private let store: Store
    private let pool: PostgresPool
    private let event: @Sendable (Store.Entity) -> NewEvent
    private let logger: Logger

    /// - Parameter event: The event that carries the whole present state of an entity.
    public init(
        _ store: Store, pool: PostgresPool, logger: Logger, event: @escaping @Sendable (Store.Entity) -> NewEvent
    ) {
        self.store = store
        self.pool = pool
        self.event = event
        self.logger = logger
    }

    /// Republishes all entities, a batch a transaction, and returns how many there were.
    public func run(batchSize: Int = 1_000) async throws -> Int {
        var total = 0
        var last: Int64 = 0
        while true {
            let after = last
            let (count, reached) = try await pool.transaction { [store, event] connection in
                // Locked, so that no newer event of an entity can stand before this one in the outbox.
                let rows = try connection.query(
                    """
                    SELECT \(Store.columns) FROM \(Store.table) WHERE id > $1 ORDER BY id LIMIT $2 FOR SHARE
                    """, [.int8(after), .int8(Int64(batchSize))])
                let entities = try rows.map { try store.entity($0) }
                try OutboxTable.insert(entities.map(event), on: connection)
                return (entities.count, entities.last?.id ?? after)
            }
            total += count
            last = reached
            if count < batchSize { break }
            logger.info("Republishing", metadata: ["republish.count": "\(total)"])
        }
        return total
    }
}
