import Contracts
import Postgres

/// Reads the control state and the first messages of several groups at once.
struct LoadBatch {
    struct Request: Sendable {
        let lane: OwnedLane
        let after: Int64
    }

    /// Most bytes of bodies to read for a group; one message is read whatever its size.
    private static let bytesPerGroup: Int64 = 256 << 10

    let connection: PostgresConnection
    let defaults: GroupDefaults

    func run(_ requests: [Request]) throws -> [LoadedLane?] {
        // First the groups, then the messages: what comes in between is seen, and seen again later at worst.
        let groups = try groups(requests)
        let owned = requests.filter { request in
            groups[request.lane.groupID].map { Self.isOwned(request.lane, $0) } ?? false
        }
        var messages: [Int64: [QueuedMessage]] = [:]
        var cut: Set<Int64> = []
        for (usesOrder, part) in Dictionary(
            grouping: owned, by: { groups[$0.lane.groupID].map { $0.control.usesOrder } ?? false })
        {
            try read(part, usesOrder: usesOrder, into: &messages, &cut)
        }
        return requests.map { request in
            let id = request.lane.groupID
            guard let group = groups[id], Self.isOwned(request.lane, group) else { return nil }
            return LoadedLane(control: group.control, messages: messages[id] ?? [], isCut: cut.contains(id))
        }
    }

    private static func isOwned(_ lane: OwnedLane, _ group: GroupRow) -> Bool {
        group.owner == lane.owner && group.epoch == lane.epoch
    }

    private func groups(_ requests: [Request]) throws -> [Int64: GroupRow] {
        let rows = try connection.query(
            "SELECT \(GroupRow.columns) FROM groups g WHERE g.id = ANY($1::bigint[])",
            [.int8Array(requests.map(\.lane.groupID))])
        let groups = try rows.map { try GroupRow($0, defaults) }
        return Dictionary(uniqueKeysWithValues: groups.map { ($0.id, $0) })
    }

    private func read(
        _ requests: [Request], usesOrder: Bool, into messages: inout [Int64: [QueuedMessage]], _ cut: inout Set<Int64>
    ) throws {
        // The members of a closed window stand together at the front, but in another order than that of their ids.
        let limit = usesOrder ? OrderingWindow.limit + Lane.windowLimit : Lane.windowLimit
        let order = usesOrder ? "NOT is_ordered, CASE WHEN is_ordered THEN sequence ELSE id END" : "id"
        let rows = try connection.query(
            """
            SELECT n.g, m.id, m.sequence, m.is_ordered, m.accepted_at, m.webhook_id, m.callback_url, m.content_type,
                   m.correlation_id, CASE WHEN m.total <= $3 OR m.place = 1 THEN m.body END
            FROM unnest($1::bigint[], $2::bigint[]) AS n(g, after)
            CROSS JOIN LATERAL (
                SELECT f.*, sum(octet_length(f.body)) OVER (ORDER BY \(order)) AS total,
                       row_number() OVER (ORDER BY \(order)) AS place
                FROM (SELECT * FROM messages WHERE group_id = n.g AND id > n.after ORDER BY id LIMIT \(limit)) f
            ) m
            WHERE m.place <= \(Lane.windowLimit) ORDER BY n.g, m.place
            """,
            [
                .int8Array(requests.map(\.lane.groupID)), .int8Array(requests.map(\.after)),
                .int8(Self.bytesPerGroup),
            ])
        for row in rows {
            let group = try row.int64(0)
            guard !cut.contains(group) else { continue }
            guard let body = try row.bytesOrNil(9) else {
                cut.insert(group)
                continue
            }
            messages[group, default: []].append(
                QueuedMessage(
                    id: try row.int64(1), sequence: try row.int64(2), isOrdered: try row.bool(3),
                    acceptedAt: try row.timestamp(4), givenWebhookID: try row.stringOrNil(5),
                    callbackURL: try row.stringOrNil(6), contentType: try row.stringOrNil(7),
                    correlationID: try row.stringOrNil(8), body: body))
        }
        for (group, found) in messages where found.count >= Lane.windowLimit { cut.insert(group) }
    }
}
