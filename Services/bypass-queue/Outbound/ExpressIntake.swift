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

    /// Which messages a group is to get.
    private struct Wanted {
        var names: [String] = []
        var indices: [[Int]] = []
        var needURL: [Bool] = []
        private var places: [String: Int] = [:]

        init(_ messages: [IncomingMessage]) {
            for (index, message) in messages.enumerated() where message.webhookID == nil {
                let place = places[message.group] ?? names.count
                if place == names.count {
                    places[message.group] = place
                    names.append(message.group)
                    indices.append([])
                    needURL.append(false)
                }
                indices[place].append(index)
                if message.callbackURL == nil { needURL[place] = true }
            }
        }
    }

    /// - Returns: For each message its receipt, `nil` where nothing was done for it.
    func run(_ messages: [IncomingMessage]) throws -> (receipts: [Receipt?], handover: IntakeHandover) {
        var receipts = [Receipt?](repeating: nil, count: messages.count)
        var handover = IntakeHandover()
        let wanted = Wanted(messages)
        guard !wanted.names.isEmpty else { return (receipts, handover) }
        var others: [(owner: Int64?, group: Int64)] = []
        var mine: [Int64: [QueuedMessage]] = [:]
        for row in try store(messages, wanted) {
            let (place, ordinal, group) = (Int(try row.int64(0)), Int(try row.int64(1)), try row.int64(2))
            let index = wanted.indices[place - 1][ordinal - 1]
            let message = messages[index]
            let (id, sequence) = (try row.int64(4), try row.int64(5))
            receipts[index] = Receipt(id: id, group: message.group, sequence: sequence)
            guard let groupOwner = try row.int64OrNil(3) else { continue }
            if groupOwner == owner {
                mine[group, default: []].append(
                    QueuedMessage(
                        message, id: id, sequence: sequence, isOrdered: try row.bool(6),
                        acceptedAt: try row.timestamp(7)))
            } else if ordinal == 1 {
                others.append((groupOwner, group))
            }
        }
        for (group, messages) in mine {
            handover.messages.append((group, messages.sorted { $0.sequence < $1.sequence }))
        }
        OwnershipSQL.signal(others, .messages, on: connection)
        return (receipts, handover)
    }

    /// - Returns: place and ordinal of each message that was stored, its group and the group's owner, and what became
    ///   of it. Numbers are given in the order of the batch.
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
            WITH wanted AS (
                SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[])
                    WITH ORDINALITY AS n(name, added, needs_url, place)
            ), taken AS (
                UPDATE groups g SET last_sequence = g.last_sequence + w.added, is_waiting = true
                FROM wanted w
                WHERE g.name = w.name AND (g.owner IS NOT NULL OR g.paused OR g.blocked)
                  AND g.last_sequence - g.done_sequence + w.added <= $4 AND (g.callback_url IS NOT NULL OR NOT w.needs_url)
                RETURNING w.place, g.id, g.owner, g.last_sequence - w.added AS last_sequence,
                    g.order_window_ms = 0 AS is_ordered
            ), stored AS (
                INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, message_sequence,
                                      message_priority, callback_url, content_type, correlation_id, body)
                SELECT n.id, nextval('message_ids'), n.sequence, n.is_ordered, clock_timestamp(), n.ms, n.mp, n.u, n.c,
                       n.r, n.b
                FROM (
                    SELECT t.id, t.last_sequence + m.ordinal AS sequence, t.is_ordered, m.ms, m.mp, m.u, m.c, m.r, m.b
                    FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
                                $11::text[], $12::bytea[]) AS m(place, ordinal, ms, mp, u, c, r, b)
                    JOIN taken t ON t.place = m.place
                    ORDER BY m.place, m.ordinal
                ) n
                RETURNING group_id, id, sequence, is_ordered, accepted_at
            )
            SELECT t.place, s.sequence - t.last_sequence, t.id, t.owner, s.id, s.sequence, s.is_ordered, s.accepted_at
            FROM stored s JOIN taken t ON t.id = s.group_id
            """,
            [
                .textArray(wanted.names), .int8Array(wanted.indices.map { Int64($0.count) }),
                .boolArray(wanted.needURL), .int8(Int64(groupLimit)), .int8Array(places), .int8Array(ordinals),
                .int8Array(batch.map(\.messageSequence)), .int8Array(batch.map(\.priority)),
                .textArray(batch.map(\.callbackURL)), .textArray(batch.map(\.contentType)),
                .textArray(batch.map(\.correlationID)), .bytesArray(batch.map(\.body)),
            ])
    }
}
