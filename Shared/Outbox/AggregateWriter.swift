import Contracts
import Logging
import Postgres
import Resilience
import WorkerThreads

/// Writes entities with their events, each caller's write committed before it is answered.
///
/// Concurrent writes share one transaction: one statement for all inserts, one for all locks, one for all updates, one
/// for all events, one commit. A write that the store refuses is found by halving the batch; the others are done.
public struct AggregateWriter<Store: AggregateStore>: Sendable {
    public typealias Entity = Store.Entity
    public typealias Draft = Store.Draft
    /// Changes an entity, or throws a ``DomainError``; returns the events that tell of the change.
    public typealias Change = @Sendable (inout Entity) throws -> [NewEvent]

    enum Command: Sendable {
        case create(Draft, events: @Sendable (Entity) -> [NewEvent])
        case update(Int64, Change)
        case refuse(DomainError)
    }

    struct Request: Sendable {
        let command: Command
        let ticket: IdempotencyTicket?
    }

    private let store: Store
    private let coalescer: Coalescer<PostgresConnection, Request, Entity>

    /// - Parameters:
    ///   - maxBatch: Most writes in one transaction.
    ///   - queueLimit: Most writes that wait; more are refused with 503.
    public init(_ store: Store, pool: PostgresPool, maxBatch: Int = 256, queueLimit: Int = 4_096) {
        self.store = store
        coalescer = Coalescer(
            maxBatch: maxBatch, queueLimit: queueLimit, awaitsCohort: true, perform: { pool.perform($0) },
            run: { connection, requests in AggregateBatch(store: store, connection: connection).run(requests) }
        )
    }

    /// Inserts an entity and its events.
    public func create(
        _ draft: Draft, _ context: WriteContext, events: @escaping @Sendable (Entity) -> [NewEvent]
    ) async throws -> Entity {
        try await submit(.create(draft, events: events), context)
    }

    /// Loads, changes and saves an entity while its row is locked.
    ///
    /// One that is not within the context's scope is not found, as if it did not exist.
    public func update(_ id: Int64, _ context: WriteContext, change: @escaping Change) async throws -> Entity {
        let (store, scope) = (store, context.scope)
        let command = Command.update(id) { entity in
            guard scope.includes(entity.owner) else { throw store.notFound(id) }
            return try change(&entity)
        }
        return try await submit(command, context)
    }

    /// Throws `error`, or the first outcome of the request's `Idempotency-Key`; remembers `error` under that key.
    public func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        guard context.idempotency != nil else { throw error }
        _ = try await submit(.refuse(error), context)
        throw error
    }

    private func submit(_ command: Command, _ context: WriteContext) async throws -> Entity {
        do {
            return try await coalescer.submit(Request(command: command, ticket: context.idempotency))
        } catch let error as PostgresError where error.isRetriable {
            throw DomainError.storeUnavailable
        } catch is CoalescerError {
            throw DomainError.storeBusy
        } catch is WorkerThreadsError {
            throw DomainError.storeBusy
        }
    }
}

extension DomainError {
    /// The store cannot be reached; whether a write has happened is not known to the caller.
    public static let storeUnavailable = DomainError(
        .unavailable, slug: "store-unavailable",
        detail: "The service cannot reach its database right now; repeat the request with the same Idempotency-Key.",
        retryAfter: 1)
    /// More requests wait for the store than are let in.
    public static let storeBusy = DomainError(
        .unavailable, slug: "store-busy", detail: "Too many requests wait for the database; repeat the request later.",
        retryAfter: 1)
}
