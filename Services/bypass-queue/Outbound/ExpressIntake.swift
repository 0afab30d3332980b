import Contracts
import Foundation
import Postgres

/// The usual case of the intake in one statement, which is one round trip and commits by itself: messages without a
/// Webhook-Id for groups that are there, have room, and need nobody to look after them.
///
/// What is left over is for ``IntakeBatch``. The groups are locked as there: in the order of their ids, until the commit.
struct ExpressIntake {
    let connection: PostgresConnection
    /// This replica as an owner, if it is one.
    let owner: Int64?
    /// Most messages that may wait in a group.
    let groupLimit: Int
    /// Where the numbers of groups are remembered.
    let known: KnownGroups

    /// Which messages a group is to get, in the order of the groups' ids.
    private struct Wanted {
        private(set) var names: [String] = []
        private(set) var ids: [Int64] = []
        private(set) var indices: [[Int]] = []
        private(set) var needURL: [Bool] = []

        init(_ messages: [IncomingMessage], known: KnownGroups) {
            let places = zip(messages.indices, known.ids(of: messages)).compactMap { index, id in
                messages[index].webhookID == nil ? id.map { (id: $0, index: index) } : nil
            }
            for (id, index) in places.sorted(by: { ($0.id, $0.index) < ($1.id, $1.index) }) {
                let message = messages[index]
                if ids.last != id {
                    names.append(message.group)
                    ids.append(id)
                    indices.append([])
                    needURL.append(false)
                }
                indices[ids.count - 1].append(index)
                if message.callbackURL == nil { needURL[ids.count - 1] = true }
            }
        }
    }

    /// A group as it was before it got its messages.
    private struct TakenGroup {
        let owner: Int64?
        let lastSequence: Int64
    }

    /// - Returns: For each message its receipt, `nil` where nothing was done for it.
    func run(_ messages: [IncomingMessage]) throws -> (receipts: [Receipt?], handover: IntakeHandover) {
        var receipts = [Receipt?](repeating: nil, count: messages.count)
        var handover = IntakeHandover()
        let wanted = Wanted(messages, known: known)
        guard !wanted.names.isEmpty else { return (receipts, handover) }
        var others: [(owner: Int64?, group: Int64)] = []
        var mine: [Int64: [QueuedMessage]] = [:]
        var taken: [Int64: TakenGroup] = [:]
        let places = Dictionary(uniqueKeysWithValues: zip(wanted.ids, wanted.ids.indices))
        let rows = try store(messages, wanted)
        for row in rows where try row.int64OrNil(3) == nil {
            let (group, owner) = (try row.int64(0), try row.int64OrNil(1))
            taken[group] = TakenGroup(owner: owner, lastSequence: try row.int64(2))
            if let owner, owner != self.owner { others.append((owner, group)) }
        }
        for row in rows {
            guard let id = try row.int64OrNil(3) else { continue }
            let (group, sequence) = (try row.int64(0), try row.int64(2))
            guard let place = places[group], let known = taken[group] else {
                preconditionFailure("a message was stored for a group that has taken none")
            }
            let index = wanted.indices[place][Int(sequence - known.lastSequence) - 1]
            let message = messages[index]
            receipts[index] = Receipt(id: id, group: message.group, sequence: sequence)
            guard let owner = known.owner, owner == self.owner else { continue }
            mine[group, default: []].append(
                QueuedMessage(
                    message, id: id, sequence: sequence, isOrdered: try row.bool(4), acceptedAt: try row.timestamp(5)))
        }
        for (group, messages) in mine {
            handover.messages.append((group, messages.sorted { $0.sequence < $1.sequence }))
        }
        OwnershipSQL.signal(others, .messages, on: connection)
        return (receipts, handover)
    }

    /// - Returns: Of each group that takes its messages id, owner and latest sequence so far. Of each message that was
    ///   stored the group's id, nothing, sequence, id, whether it is in order, and when it was accepted. Numbers are given
    ///   in the order of the batch.
    private func store(_ messages: [IncomingMessage], _ wanted: Wanted) throws -> PostgresRows {
        var (places, ordinals): ([Int64], [Int64]) = ([], [])
        var batch: [IncomingMessage] = []
        for (place, indices) in wanted.indices.enumerated() {
            for (ordinal, index) in indices.enumerated() {
                places.append(Int64(place + 1))
                ordinals.append(Int64(ordinal + 1))
                batch.append(messages[index])
            }
        }
        return try connection.query(
            """
            WITH taken AS (
                UPDATE groups g SET last_sequence = g.last_sequence + w.added, is_waiting = true
                FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[])
                    WITH ORDINALITY AS w(id, name, added, needs_url, place)
                -- Groups must be locked in the order of their ids. Nothing here can be hashed, merged or looked up but
                -- the id, so the only plan is a loop over the array; a test runs them against one another.
                WHERE g.id = ANY(ARRAY[w.id]) AND (g.name = w.name) IS TRUE
                  AND (g.owner IS NOT NULL OR g.paused OR g.blocked) IS TRUE
                  AND g.last_sequence - g.done_sequence + w.added <= $5 AND (g.callback_url IS NOT NULL OR NOT w.needs_url)
                RETURNING w.place, g.id, g.owner, g.last_sequence - w.added AS last_sequence,
                    g.order_window_ms = 0 AS is_ordered
            ), stored AS (
                INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, message_sequence,
                                      message_priority, callback_url, content_type, correlation_id, body)
                SELECT n.id, nextval('message_ids'), n.sequence, n.is_ordered, clock_timestamp(), n.ms, n.mp, n.u, n.c,
                       n.r, n.b
                FROM (
                    SELECT t.id, t.last_sequence + m.ordinal AS sequence, t.is_ordered, m.ms, m.mp, m.u, m.c, m.r, m.b
                    FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[],
                                $12::text[], $13::bytea[]) AS m(place, ordinal, ms, mp, u, c, r, b)
                    JOIN taken t ON t.place = m.place
                    ORDER BY m.place, m.ordinal
                ) n
                RETURNING group_id, id, sequence, is_ordered, accepted_at
            )
            SELECT id, owner, last_sequence, NULL::bigint, NULL::boolean, NULL::timestamptz FROM taken
            UNION ALL SELECT group_id, NULL, sequence, id, is_ordered, accepted_at FROM stored
            """,
            [
                .int8Array(wanted.ids), .textArray(wanted.names), .int8Array(wanted.indices.map { Int64($0.count) }),
                .boolArray(wanted.needURL), .int8(Int64(groupLimit)), .int8Array(places), .int8Array(ordinals),
                .int8Array(batch.map(\.messageSequence)), .int8Array(batch.map(\.priority)),
                .textArray(batch.map(\.callbackURL)), .textArray(batch.map(\.contentType)),
                .textArray(batch.map(\.correlationID)), .bytesArray(batch.map(\.body)),
            ])
    }
}
