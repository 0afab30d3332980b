import Postgres
import WorkerThreads

/// The log in PostgreSQL, behind one connection for writing.
struct PostgresEventStore: EventStore {
    /// A pool of one connection that nobody else uses.
    let pool: PostgresPool
    /// For what goes to the recovery log while the store is away: an attempt to connect would hold it up.
    let disk: WorkerThreads<Void>
    private let habit = BatchHabit()

    func perform(_ job: @escaping @Sendable (any EventWriter) -> Void) {
        pool.perform { [habit] connection in job(PostgresEventWriter(connection: connection, habit: habit)) }
    }

    func performWithoutStore(_ job: @escaping @Sendable () -> Void) {
        // At the very end, when the thread is closed, on the caller's own.
        disk.perform({ _ in job() }, refused: { _ in job() })
    }
}
