import Synchronization

/// Who listens in this process to what is committed; shared by all connections made from one ``PostgresConfiguration``.
///
/// A transaction that runs `NOTIFY` takes a lock of the whole server and keeps it until its commit is on disk
/// (`PreCommit_Notify` in PostgreSQL's `async.c`), so such transactions never share a flush. Therefore
/// ``PostgresConnection/signal(_:)`` speaks after the commit: to a listener in this process directly, and only when
/// there is none by `NOTIFY`.
final class PostgresSignals: Sendable {
    private let listeners = Mutex<[String: (connection: UInt64, wakeup: PostgresWakeup)]>([:])

    /// The latest to listen on a channel is the one that is woken.
    func listen(_ channel: String, connection: UInt64, wakeup: PostgresWakeup) {
        listeners.withLock { $0[channel] = (connection, wakeup) }
    }

    /// The connection is gone.
    func stop(connection: UInt64) {
        listeners.withLock { listeners in listeners = listeners.filter { $0.value.connection != connection } }
    }

    /// Wakes the channel's listener in this process; false if there is none.
    func wake(_ channel: String) -> Bool {
        guard let listener = listeners.withLock({ $0[channel] }) else { return false }
        listener.wakeup.signal()
        return true
    }
}
