import Contracts
import Postgres

/// The SQL of one kind of entity, set-based: each method takes many entities and costs one statement.
public protocol AggregateStore: Sendable {
    associatedtype Entity: AggregateRoot
    /// What a new entity is made from; it has no id yet.
    associatedtype Draft: Sendable

    /// The table, with `id bigint` as its primary key.
    static var table: String { get }
    /// The columns that ``entity(_:)`` reads, in its order; `id` is the first.
    static var columns: String { get }

    /// An entity from a row of ``columns``.
    func entity(_ row: PostgresRow) throws -> Entity

    /// Inserts the drafts as version 1 and returns an entity or a refusal for each, in their order.
    func insert(_ drafts: [Draft], on connection: PostgresConnection) throws -> [Result<Entity, DomainError>]

    /// Writes back entities that were locked in this transaction.
    func save(_ entities: [Entity], on connection: PostgresConnection) throws

    /// The refusal for an id that does not exist.
    func notFound(_ id: Int64) -> DomainError
}

extension AggregateStore {
    /// Locks and loads those of the entities that exist.
    ///
    /// Always in the order of their ids, so that two transactions never wait for each other in a circle.
    public func lock(_ ids: some Sequence<Int64>, on connection: PostgresConnection) throws -> [Int64: Entity] {
        try dictionary(
            connection.query(
                "SELECT \(Self.columns) FROM \(Self.table) WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE",
                [.int8Array(Array(Set(ids)).sorted())]))
    }

    /// Loads those of the entities that exist.
    public func find(_ ids: some Sequence<Int64>, on connection: PostgresConnection) throws -> [Int64: Entity] {
        try dictionary(
            connection.query(
                "SELECT \(Self.columns) FROM \(Self.table) WHERE id = ANY($1::bigint[])",
                [.int8Array(Array(Set(ids)))]))
    }

    /// Loads, changes and saves entities in the caller's transaction; what a consumer does with a batch of events.
    ///
    /// Changes of entities that do not exist are passed over.
    ///
    /// - Parameter apply: Called in the order of `changes`; returns whether the entity changed.
    public func update<Change>(
        _ changes: [(id: Int64, change: Change)],
        on connection: PostgresConnection,
        apply: (inout Entity, Change) throws -> Bool
    ) throws {
        guard !changes.isEmpty else { return }
        var entities = try lock(changes.map(\.id), on: connection)
        var changed: Set<Int64> = []
        for (id, change) in changes {
            guard var entity = entities[id] else { continue }
            if try apply(&entity, change) {
                entities[id] = entity
                changed.insert(id)
            }
        }
        try save(changed.sorted().compactMap { entities[$0] }, on: connection)
    }

    private func dictionary(_ rows: PostgresRows) throws -> [Int64: Entity] {
        var entities: [Int64: Entity] = [:]
        for row in rows {
            let entity = try entity(row)
            entities[entity.id] = entity
        }
        return entities
    }
}
