import Contracts
import Foundation
import Postgres

/// What the owner of groups gets to know without asking the store.
struct IntakeHandover: Sendable {
    var claims: [ClaimedLane] = []
    var messages: [(groupID: Int64, messages: [QueuedMessage])] = []
}

/// Messages that came at the same time, on their way into the store in one transaction.
///
/// Groups are locked in the order of their ids and stay so until the commit: that is why, within a group, sequences and
/// ids follow the order of commits.
struct IntakeBatch {
    let connection: PostgresConnection
    let defaults: GroupDefaults
    /// This replica as an owner, if it is one and has room for more groups.
    let owner: Int64?
    let room: Int
    /// Most messages that may wait in a group.
    let groupLimit: Int
    let known: KnownGroups

    func run(_ messages: [IncomingMessage]) throws -> (results: [Result<Receipt, any Error>], handover: IntakeHandover)
    {
        try connection.transaction { connection in
            // These tables may have grown a thousandfold since a plan was made.
            try connection.script("SET LOCAL plan_cache_mode = force_custom_plan")
            var plan = IntakePlan(
                groups: try groups(of: messages), known: try knownReceipts(messages), groupLimit: groupLimit)
            for message in messages { plan.add(message) }
            let stored = try insert(plan.rows)
            try insertWebhookIDs(plan, stored)
            let claims = try claims(plan)
            try update(plan, claims)
            return (plan.results(stored), handover(plan, stored, claims))
        }
    }

    /// The groups by name, locked; those that are missing are made.
    private func groups(of messages: [IncomingMessage]) throws -> [String: IntakeGroup] {
        let names = Set(messages.map(\.group))
        var rows = try lock(Array(names))
        // A group is made by its first message, if that says where to call.
        let missing = Set(messages.filter { rows[$0.group] == nil && $0.callbackURL != nil }.map(\.group)).sorted()
        guard !missing.isEmpty else { return rows }
        _ = try connection.execute(
            """
            INSERT INTO groups (name, secret) SELECT * FROM unnest($1::text[], $2::text[])
            ON CONFLICT (name) DO NOTHING
            """, [.textArray(missing), .textArray(missing.map { _ in SigningSecret().text })])
        rows.merge(try lock(missing)) { $1 }
        return rows
    }

    private func lock(_ names: [String]) throws -> [String: IntakeGroup] {
        let rows = try connection.query(
            "SELECT \(IntakeGroup.columns) FROM groups g WHERE g.name = ANY($1::text[]) ORDER BY g.id FOR UPDATE",
            [.textArray(names)])
        let groups = try rows.map { try IntakeGroup($0) }
        known.learn(groups.lazy.map { ($0.name, $0.id) })
        return Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0) })
    }

    /// What was answered to Webhook-Ids that came before.
    private func knownReceipts(_ messages: [IncomingMessage]) throws -> [IntakePlan.WebhookKey: Receipt] {
        let keys = messages.compactMap { message in message.webhookID.map { (message.group, $0) } }
        guard !keys.isEmpty else { return [:] }
        let rows = try connection.query(
            """
            SELECT g.name, w.webhook_id, w.message_id, w.sequence
            FROM unnest($1::text[], $2::text[]) AS n(name, webhook_id)
            JOIN groups g ON g.name = n.name
            JOIN webhook_ids w ON w.group_id = g.id AND w.webhook_id = n.webhook_id
            """, [.textArray(keys.map(\.0)), .textArray(keys.map(\.1))])
        var known: [IntakePlan.WebhookKey: Receipt] = [:]
        for row in rows {
            let name = try row.string(0)
            known[.init(group: name, id: try row.string(1))] = Receipt(
                id: try row.int64(2), group: name, sequence: try row.int64(3))
        }
        return known
    }

    private func insert(_ rows: [IntakePlan.Row]) throws -> [QueuedMessage] {
        guard !rows.isEmpty else { return [] }
        let messages = rows.map(\.message)
        let stored = try connection.query(
            """
            INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, message_sequence, message_priority,
                                  webhook_id, callback_url, content_type, correlation_id, body)
            SELECT g, nextval('message_ids'), s, o, clock_timestamp(), ms, mp, w, u, c, r, b
            FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                        $8::text[], $9::text[], $10::bytea[]) AS n(g, s, o, ms, mp, w, u, c, r, b)
            RETURNING id, accepted_at
            """,
            [
                .int8Array(rows.map(\.groupID)), .int8Array(rows.map(\.sequence)), .boolArray(rows.map(\.isOrdered)),
                .int8Array(messages.map(\.messageSequence)), .int8Array(messages.map(\.priority)),
                .textArray(messages.map(\.webhookID)), .textArray(messages.map(\.callbackURL)),
                .textArray(messages.map(\.contentType)), .textArray(messages.map(\.correlationID)),
                .bytesArray(messages.map(\.body)),
            ])
        return try zip(rows, stored).map { row, stored in
            QueuedMessage(
                row.message, id: try stored.int64(0), sequence: row.sequence, isOrdered: row.isOrdered,
                acceptedAt: try stored.timestamp(1))
        }
    }

    private func insertWebhookIDs(_ plan: IntakePlan, _ stored: [QueuedMessage]) throws {
        let given = zip(plan.rows, stored).filter { $0.0.message.webhookID != nil }
        guard !given.isEmpty else { return }
        _ = try connection.execute(
            """
            INSERT INTO webhook_ids (group_id, webhook_id, message_id, sequence, accepted_at)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
            """,
            [
                .int8Array(given.map(\.0.groupID)), .textArray(given.map(\.0.message.webhookID)),
                .int8Array(given.map(\.1.id)), .int8Array(given.map(\.1.sequence)),
                .timestampArray(given.map(\.1.acceptedAt)),
            ])
    }

    /// Free groups become this replica's at once, so that their messages need not be read again.
    private func claims(_ plan: IntakePlan) throws -> [Int64: ClaimedLane] {
        let free = plan.touched.map(\.group).filter(\.isFree).prefix(room)
        guard let owner, !free.isEmpty, try OwnershipSQL.lock(owner, waits: false, on: connection) else { return [:] }
        let rows = try connection.query(
            "SELECT \(GroupRow.columns) FROM groups g WHERE g.id = ANY($1::bigint[])", [.int8Array(free.map(\.id))])
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let group = try GroupRow(row, defaults)
                return (
                    group.id,
                    ClaimedLane(
                        groupID: group.id, group: group.name, epoch: group.epoch + 1, control: group.control,
                        isFresh: !group.isWaiting)
                )
            })
    }

    private func update(_ plan: IntakePlan, _ claims: [Int64: ClaimedLane]) throws {
        let touched = plan.touched
        guard !touched.isEmpty else { return }
        let owners = touched.map { claims[$0.group.id] == nil ? $0.group.owner : owner }
        _ = try connection.execute(
            """
            UPDATE groups SET last_sequence = n.last, is_waiting = true, owner = n.owner, epoch = n.epoch
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS n(id, last, owner, epoch)
            WHERE groups.id = n.id
            """,
            [
                .int8Array(touched.map(\.group.id)), .int8Array(touched.map(\.lastSequence)), .int8Array(owners),
                .int8Array(touched.map { claims[$0.group.id]?.epoch ?? $0.group.epoch }),
            ])
        let others = touched.filter { touched in
            guard claims[touched.group.id] == nil else { return false }
            return touched.group.owner.map { $0 != owner } ?? touched.group.isFree
        }
        OwnershipSQL.signal(others.map { ($0.group.owner, $0.group.id) }, .messages, on: connection)
    }

    private func handover(
        _ plan: IntakePlan, _ stored: [QueuedMessage], _ claims: [Int64: ClaimedLane]
    ) -> IntakeHandover {
        let mine = Set(
            plan.touched.filter { claims[$0.group.id] != nil || ($0.group.owner != nil && $0.group.owner == owner) }
                .map(\.group.id))
        var byGroup: [Int64: [QueuedMessage]] = [:]
        for (row, message) in zip(plan.rows, stored) where mine.contains(row.groupID) {
            byGroup[row.groupID, default: []].append(message)
        }
        return IntakeHandover(claims: Array(claims.values), messages: byGroup.map { ($0, $1) })
    }
}
