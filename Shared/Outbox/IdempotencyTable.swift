import Contracts
import Postgres

/// The first outcome of each write that came with an `Idempotency-Key`, committed with the write itself.
enum IdempotencyTable {
    /// What a key says about a write.
    enum Admission {
        /// The key is new, or there is none.
        case proceed
        /// The write was done before; this was its outcome, as JSON.
        case replay([UInt8])
        case refuse(DomainError)
    }

    /// Hours for which an outcome is kept.
    static let hoursKept = 24

    /// Decides for each write, and holds the new keys against other transactions until this one ends.
    static func admit(
        _ tickets: [IdempotencyTicket?], on connection: PostgresConnection
    ) throws -> [Admission] {
        var admissions = [Admission](repeating: .proceed, count: tickets.count)
        var owners: [Identity: Int] = [:]
        // Of several requests with one key the first goes on; the others are told to wait.
        for (index, ticket) in tickets.enumerated() {
            guard let ticket else { continue }
            if owners[Identity(ticket)] == nil {
                owners[Identity(ticket)] = index
            } else {
                admissions[index] = .refuse(.inFlight)
            }
        }
        guard !owners.isEmpty else { return admissions }
        try refuseThoseInFlight(&owners, &admissions, on: connection)
        try replayThoseDone(owners, tickets, &admissions, on: connection)
        return admissions
    }

    /// Remembers the outcomes of this transaction's writes.
    static func store(_ outcomes: [(IdempotencyTicket, [UInt8])], on connection: PostgresConnection) throws {
        guard !outcomes.isEmpty else { return }
        _ = try connection.execute(
            """
            INSERT INTO idempotency_keys (route, caller, key, body_digest, outcome)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::json[])
            ON CONFLICT (route, caller, key)
            DO UPDATE SET body_digest = excluded.body_digest, outcome = excluded.outcome, created_at = now()
            """,
            [
                .textArray(outcomes.map(\.0.route)), .textArray(outcomes.map(\.0.caller)),
                .textArray(outcomes.map(\.0.key)), .bytesArray(outcomes.map(\.0.bodyDigest)),
                .jsonArray(outcomes.map(\.1)),
            ]
        )
    }

    private static func refuseThoseInFlight(
        _ owners: inout [Identity: Int], _ admissions: inout [Admission], on connection: PostgresConnection
    ) throws {
        let identities = Array(owners.keys)
        let rows = try connection.query(
            """
            SELECT pg_try_advisory_xact_lock(hashtextextended(name, 0))
            FROM unnest($1::text[]) WITH ORDINALITY AS wanted(name, position) ORDER BY position
            """,
            [.textArray(identities.map(\.lockName))]
        )
        for (identity, row) in zip(identities, rows) where try !row.bool(0) {
            if let index = owners.removeValue(forKey: identity) { admissions[index] = .refuse(.inFlight) }
        }
    }

    private static func replayThoseDone(
        _ owners: [Identity: Int], _ tickets: [IdempotencyTicket?], _ admissions: inout [Admission],
        on connection: PostgresConnection
    ) throws {
        let identities = Array(owners.keys)
        let rows = try connection.query(
            """
            SELECT wanted.position, known.body_digest, known.outcome
            FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted(route, caller, key, position)
            JOIN idempotency_keys known USING (route, caller, key)
            WHERE known.created_at > now() - make_interval(hours => $4::int)
            """,
            [
                .textArray(identities.map(\.route)), .textArray(identities.map(\.caller)),
                .textArray(identities.map(\.key)), .int4(Int32(hoursKept)),
            ]
        )
        for row in rows {
            let identity = identities[Int(try row.int64(0)) - 1]
            guard let index = owners[identity] else { continue }
            let isSameBody = try row.bytes(1) == tickets[index]?.bodyDigest
            admissions[index] = isSameBody ? .replay(try row.bytes(2)) : .refuse(.reusedKey)
        }
    }

    private struct Identity: Hashable {
        let route, caller, key: String

        init(_ ticket: IdempotencyTicket) {
            route = ticket.route
            caller = ticket.caller
            key = ticket.key
        }

        var lockName: String { "\(route)\n\(caller)\n\(key)" }
    }
}

extension DomainError {
    static let inFlight = DomainError(
        .conflict, slug: "idempotency-key-in-flight",
        detail: "A request with this Idempotency-Key is still being processed; repeat it in a moment.", retryAfter: 1)
    static let reusedKey = DomainError(
        .invalid, slug: "idempotency-key-reused",
        detail: "This Idempotency-Key was used with another body; use a new key for a new request.")
}
