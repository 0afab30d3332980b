import Contracts
import Postgres

/// Owners and their signs of life in PostgreSQL.
struct PostgresOwnershipStore: OwnershipStore {
    let pool: PostgresPool
    let defaults: GroupDefaults
    /// Of owners that do not say it: those of an earlier version.
    let lease: Duration

    func signsOfLife() async throws -> [SignOfLife] {
        let lease = lease
        return try await pool.run { connection in
            try connection.query("SELECT id, lease_until::text, lease_ms FROM owners").map { row in
                SignOfLife(
                    owner: try row.int64(0), mark: try row.string(1),
                    lease: try row.int64OrNil(2).map { .milliseconds($0) } ?? lease)
            }
        }
    }

    func fence(_ signs: [SignOfLife]) async throws -> Int {
        guard !signs.isEmpty else { return 0 }
        return try await pool.transaction { connection in
            // Whoever is just recording an outcome holds its row; it is fenced out a moment later.
            let rows = try connection.query(
                """
                SELECT o.id FROM owners o JOIN unnest($1::bigint[], $2::text[]) AS n(id, mark)
                ON o.id = n.id AND o.lease_until::text = n.mark ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
                """, [.int8Array(signs.map(\.owner)), .textArray(signs.map(\.mark))])
            let owners = try rows.map { try $0.int64(0) }
            try Self.end(owners, on: connection)
            return owners.count
        }
    }

    func retire(_ owner: Int64) async throws {
        try await pool.transaction { connection in
            _ = try connection.query("SELECT 1 FROM owners WHERE id = $1 FOR UPDATE", [.int8(owner)])
            try Self.end([owner], on: connection)
        }
    }

    private static func end(_ owners: [Int64], on connection: PostgresConnection) throws {
        guard !owners.isEmpty else { return }
        _ = try connection.execute(
            """
            UPDATE groups SET owner = NULL
            FROM (SELECT id FROM groups WHERE owner = ANY($1::bigint[]) ORDER BY id FOR UPDATE) theirs
            WHERE groups.id = theirs.id
            """, [.int8Array(owners)])
        _ = try connection.execute("DELETE FROM owners WHERE id = ANY($1::bigint[])", [.int8Array(owners)])
        OwnershipSQL.signalFree(on: connection)
    }

    func claim(_ owner: Int64, limit: Int) async throws -> [ClaimedLane] {
        guard limit > 0 else { return [] }
        let defaults = defaults
        return try await pool.transaction { connection in
            guard try OwnershipSQL.lock(owner, waits: true, on: connection) else { return [] }
            let rows = try connection.query(
                """
                WITH free AS (
                    SELECT id FROM groups WHERE owner IS NULL AND is_waiting AND NOT paused AND NOT blocked
                    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
                )
                UPDATE groups g SET owner = $1, epoch = g.epoch + 1 FROM free WHERE g.id = free.id
                RETURNING \(GroupRow.columns)
                """, [.int8(owner), .int8(Int64(limit))])
            return try rows.map { row in
                let group = try GroupRow(row, defaults)
                return ClaimedLane(
                    groupID: group.id, group: group.name, epoch: group.epoch, control: group.control, isFresh: false)
            }
        }
    }

    func release(_ lanes: [ReleasedLane], owner: Int64) async throws -> [Int64] {
        guard !lanes.isEmpty else { return [] }
        let lanes = lanes.sorted { $0.groupID < $1.groupID }
        return try await pool.transaction { connection in
            let rows = try connection.query(
                """
                UPDATE groups g SET owner = NULL, is_waiting = g.last_sequence > n.drained,
                    done_sequence = greatest(g.done_sequence, n.drained)
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[]) AS n(id, epoch, drained, forced)
                WHERE g.id = n.id AND g.epoch = n.epoch AND g.owner = $5
                    AND (n.forced OR g.last_sequence = n.drained OR g.paused OR g.blocked)
                RETURNING g.id
                """,
                [
                    .int8Array(lanes.map(\.groupID)), .int8Array(lanes.map(\.epoch)),
                    .int8Array(lanes.map(\.drained)), .boolArray(lanes.map(\.isForced)), .int8(owner),
                ])
            if lanes.contains(where: \.isForced) { OwnershipSQL.signalFree(on: connection) }
            return try rows.map { try $0.int64(0) }
        }
    }

    func survey(_ owner: Int64) async throws -> [LaneSurvey] {
        try await pool.run { connection in
            try connection.query("SELECT id, last_sequence, revision FROM groups WHERE owner = $1", [.int8(owner)])
                .map { row in
                    LaneSurvey(
                        groupID: try row.int64(0), lastSequence: try row.int64(1), revision: try row.int64(2))
                }
        }
    }

    func abandon(_ groups: [Int64], owner: Int64) async throws {
        guard !groups.isEmpty else { return }
        try await pool.transaction { connection in
            _ = try connection.execute(
                "UPDATE groups SET owner = NULL WHERE id = ANY($1::bigint[]) AND owner = $2",
                [.int8Array(groups), .int8(owner)])
            OwnershipSQL.signalFree(on: connection)
        }
    }

    func note(_ progress: [(groupID: Int64, doneSequence: Int64)]) async throws {
        guard !progress.isEmpty else { return }
        let progress = progress.sorted { $0.groupID < $1.groupID }
        _ = try await pool.run { connection in
            try connection.execute(
                """
                UPDATE groups SET done_sequence = greatest(done_sequence, n.done)
                FROM unnest($1::bigint[], $2::bigint[]) AS n(id, done) WHERE groups.id = n.id
                """, [.int8Array(progress.map(\.groupID)), .int8Array(progress.map(\.doneSequence))])
        }
    }

    func fairShare() async throws -> Int {
        try await pool.run { connection in
            let rows = try connection.query(
                """
                SELECT (SELECT count(*) FROM groups WHERE is_waiting AND NOT paused AND NOT blocked),
                       (SELECT count(*) FROM owners)
                """)
            let (groups, owners) = (try rows[0].int64(0), max(1, try rows[0].int64(1)))
            return Int((groups + owners - 1) / owners)
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
