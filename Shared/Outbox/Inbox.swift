import Contracts
import Postgres

/// Ids of the events that have taken effect.
public enum Inbox {
    /// Remembers the events in the caller's transaction and returns those that were not known, in their order.
    ///
    /// An event that stands twice in `events` is returned once. A transaction on another replica that admits the same
    /// event makes this one wait for its end.
    public static func admit(
        _ events: [EventEnvelope], on connection: PostgresConnection
    ) throws -> [EventEnvelope] {
        // Sorted, so that two replicas with the same events never wait for each other in a circle.
        let ids = Set(events.map(\.id)).sorted()
        let rows = try connection.query(
            "INSERT INTO inbox (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id", [.uuidArray(ids)])
        var fresh = Set(try rows.map { try $0.uuid(0) })
        return events.filter { fresh.remove($0.id) != nil }
    }
}
