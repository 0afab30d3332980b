import Postgres
import Synchronization

/// A session of its own, so that no other work delays the lease; it listens to what the owner is told.
final class PostgresLeaseSession: LeaseSession {
    private let session: PostgresSession
    /// The connection that listens, and for whom.
    private let listening = Mutex<(connection: UInt64, owner: Int64)?>(nil)

    init(session: PostgresSession) { self.session = session }

    func register(name: String, lease: Duration) async throws -> Int64 {
        try await session.run { connection in
            let rows = try connection.query(
                """
                INSERT INTO owners (id, name, lease_until, lease_ms)
                VALUES (nextval('owner_ids'), $1, clock_timestamp() + make_interval(secs => $2), $3) RETURNING id
                """, [.text(name), .double(lease.inSeconds), .int8(lease.wholeMilliseconds)])
            return try rows[0].int64(0)
        }
    }

    func renew(_ owner: Int64, lease: Duration) async throws -> Bool {
        try await session.run { connection in
            try connection.execute(
                "UPDATE owners SET lease_until = clock_timestamp() + make_interval(secs => $2) WHERE id = $1",
                [.int8(owner), .double(lease.inSeconds)]) == 1
        }
    }

    func signals(_ owner: Int64, timeout: Duration) async throws -> [OwnerSignal] {
        try await session.run { [self] connection in
            if try listen(owner, on: connection) { return [.interrupted, .free] }
            return try connection.waitForNotifications(timeout: timeout).map { notification in
                switch OwnershipSQL.parse(notification.payload) {
                case (.messages, let groups)?: .messages(groups)
                case (.control, let groups)?: .control(groups)
                case nil: .free
                }
            }
        }
    }

    func interrupt() { session.interrupt() }

    func close() async { await session.close() }

    /// Begins to listen; `false` if it does so already.
    private func listen(_ owner: Int64, on connection: PostgresConnection) throws -> Bool {
        let isListening = listening.withLock { $0.map { $0 == (connection.id, owner) } ?? false }
        guard !isListening else { return false }
        try connection.script(
            "UNLISTEN *; LISTEN \(OwnershipSQL.freeChannel); LISTEN \(OwnershipSQL.channel(owner))")
        listening.withLock { $0 = (connection.id, owner) }
        return true
    }
}
