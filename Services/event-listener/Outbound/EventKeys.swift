import Foundation
import Postgres

/// The table `event_key`: it makes a uuid unique over all days, unless the uuid names its day itself.
enum EventKeys {
    enum Admission: Sendable, Hashable {
        /// Its key is in the table now; its event is to follow.
        case fresh
        /// This very event is stored already: its commit was not answered, or it is replayed.
        case stored
        /// Another event has its uuid.
        case repeated
    }

    /// Inserts the keys that are new, in the open transaction; events that lead to themselves need none.
    static func admit(_ events: ArraySlice<Event>, on connection: PostgresConnection) throws -> [Admission] {
        var first: [UUID: Int] = [:]
        for (index, event) in events.enumerated() where first[event.uuid] == nil { first[event.uuid] = index }
        let selfDated = try storedWithoutKey(events.map(\.uuid).filter(EventID.isOwn), on: connection)
        let (fresh, own) = try insert(
            events.filter { !$0.isSelfDated && !selfDated.contains($0.uuid) }, on: connection)
        return events.enumerated().map { index, event in
            guard first[event.uuid] == index else { return .repeated }
            if event.isSelfDated { return selfDated.contains(event.uuid) ? .stored : .fresh }
            return fresh.contains(event.uuid) ? .fresh : own.contains(event.uuid) ? .stored : .repeated
        }
    }

    /// Those of the uuids, all made here, whose events stand at the time that they name.
    static func storedWithoutKey(_ uuids: [UUID], on connection: PostgresConnection) throws -> Set<UUID> {
        guard !uuids.isEmpty else { return [] }
        let rows = try connection.query(
            """
            SELECT uuid FROM apilog.api_event_log JOIN unnest($1::uuid[], $2::timestamptz[]) AS given (uuid, upd_dt)
            USING (uuid, upd_dt)
            """, [.uuidArray(uuids), .timestampArray(uuids.map(EventID.time))])
        return try Set(rows.map { try $0.uuid(0) })
    }

    /// - Returns: Whose key is new, and whose was there with this very event.
    private static func insert(
        _ events: [Event], on connection: PostgresConnection
    ) throws -> (fresh: Set<UUID>, own: Set<UUID>) {
        guard !events.isEmpty else { return ([], []) }
        let parameters: [PostgresValue] = [
            .uuidArray(events.map(\.uuid)), .timestampArray(events.map(\.receivedAt)),
        ]
        // In the order of the uuids, so that two replicas with the same ones wait for one another in a line.
        let inserted = try connection.query(
            """
            INSERT INTO apilog.event_key (uuid, upd_dt)
            SELECT DISTINCT ON (uuid) uuid, upd_dt
            FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS given (uuid, upd_dt, place)
            ORDER BY uuid, place
            ON CONFLICT (uuid) DO NOTHING RETURNING uuid
            """, parameters)
        let fresh = try Set(inserted.map { try $0.uuid(0) })
        guard fresh.count < Set(events.map(\.uuid)).count else { return (fresh, []) }
        let rows = try connection.query(
            """
            SELECT uuid FROM apilog.event_key JOIN unnest($1::uuid[], $2::timestamptz[]) AS given (uuid, upd_dt)
            USING (uuid, upd_dt)
            """, parameters)
        return (fresh, try Set(rows.map { try $0.uuid(0) }).subtracting(fresh))
    }
}
