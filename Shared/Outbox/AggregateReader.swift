import Contracts
import Postgres
import WorkerThreads

/// Reads entities; concurrent look-ups by id share one statement.
public struct AggregateReader<Store: AggregateStore>: Sendable {
    public typealias Entity = Store.Entity

    private let store: Store
    private let pool: PostgresPool
    private let lookups: Coalescer<PostgresConnection, Int64, Entity?>

    public init(_ store: Store, pool: PostgresPool, maxBatch: Int = 256, queueLimit: Int = 10_000) {
        self.store = store
        self.pool = pool
        lookups = Coalescer(
            maxBatch: maxBatch, queueLimit: queueLimit, perform: { pool.perform($0) },
            run: { connection, ids in
                do {
                    let found = try store.find(ids, on: connection)
                    return ids.map { .success(found[$0]) }
                } catch {
                    return ids.map { _ in .failure(error) }
                }
            }
        )
    }

    /// The entity.
    ///
    /// - Parameter scope: What is not within it is not found, as if it did not exist.
    /// - Throws: ``DomainError`` of kind `notFound` or `unavailable`.
    public func find(_ id: Int64, in scope: Scope = .everyone) async throws -> Entity {
        guard let entity = try await translated({ try await lookups.submit(id) }), scope.includes(entity.owner) else {
            throw store.notFound(id)
        }
        return entity
    }

    /// A page of the entities that have these values, ordered by id.
    ///
    /// - Parameter filter: Column names of the store's own choice, never of the caller's, with their values.
    public func list(_ filter: [(column: String, value: PostgresValue)], _ page: PageRequest) async throws -> Page<
        Entity
    > {
        var conditions = ["id > $1"]
        var values: [PostgresValue] = [.int8(page.after?.after ?? 0), .int8(Int64(page.limit + 1))]
        for (column, value) in filter {
            values.append(value)
            conditions.append("\(column) = $\(values.count)")
        }
        let sql = """
            SELECT \(Store.columns) FROM \(Store.table)
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT $2
            """
        let parameters = values
        let store = self.store
        let items = try await translated {
            try await pool.run { connection in
                try connection.query(sql, parameters).map { try store.entity($0) }
            }
        }
        return Page(fetched: items, limit: page.limit, id: \.id)
    }

    private func translated<Value>(_ read: () async throws -> Value) async throws -> Value {
        do {
            return try await read()
        } catch let error as PostgresError where error.isRetriable {
            throw DomainError.storeUnavailable
        } catch is CoalescerError {
            throw DomainError.storeBusy
        } catch is WorkerThreadsError {
            throw DomainError.storeBusy
        }
    }
}
