import Contracts
import Outbox
import Postgres
import WorkerThreads

/// Messages and their fate in PostgreSQL. What many groups ask for at the same time is one statement or one commit.
final class PostgresDeliveryStore: DeliveryStore {
    private struct Settling: Sendable {
        let settlement: Settlement
        let owner: Int64
    }

    private let pool: PostgresPool
    private let loads: Coalescer<PostgresConnection, LoadBatch.Request, LoadedLane?>
    private let settlements: Coalescer<PostgresConnection, Settling, SettleOutcome>

    /// - Parameter capacity: Most groups that this replica owns; each asks for one thing at a time.
    init(pool: PostgresPool, defaults: GroupDefaults, capacity: Int) {
        self.pool = pool
        loads = Coalescer(
            maxBatch: 64, queueLimit: capacity + 1, perform: { pool.perform($0) },
            run: { connection, requests in
                do {
                    return try LoadBatch(connection: connection, defaults: defaults).run(requests).map { .success($0) }
                } catch {
                    return requests.map { _ in .failure(error) }
                }
            })
        settlements = Coalescer(
            maxBatch: 512, queueLimit: capacity + 1, perform: { pool.perform($0) },
            run: { connection, batch in Self.settle(batch, on: connection) })
    }

    func load(_ lane: OwnedLane, after id: Int64) async throws -> LoadedLane? {
        try await loads.submit(LoadBatch.Request(lane: lane, after: id))
    }

    func settle(_ settlement: Settlement, owner: Int64) async throws -> SettleOutcome {
        try await settlements.submit(Settling(settlement: settlement, owner: owner))
    }

    /// A batch is of one owner, but for the moment in which this replica becomes another one.
    private static func settle(
        _ batch: [Settling], on connection: PostgresConnection
    ) -> [Result<SettleOutcome, any Error>] {
        let owners = Set(batch.map(\.owner))
        guard owners.count == 1, let owner = owners.first else {
            return batch.flatMap { settle([$0], on: connection) }
        }
        do {
            return try SettleBatch(connection: connection).run(batch.map(\.settlement), owner: owner)
                .map { .success($0) }
        } catch let error as PostgresError where error.code == .query && !error.isRetriable && batch.count > 1 {
            let middle = batch.count / 2
            return settle(Array(batch[..<middle]), on: connection) + settle(Array(batch[middle...]), on: connection)
        } catch {
            return batch.map { _ in .failure(error) }
        }
    }

    func order(_ lane: OwnedLane, window: Duration) async throws -> Duration? {
        try await pool.transaction { connection in
            // With the group locked, everything that came before now is visible, and nothing comes.
            let locked = try connection.query(
                "SELECT 1 FROM groups WHERE id = $1 AND owner = $2 AND epoch = $3 FOR UPDATE",
                [.int8(lane.groupID), .int8(lane.owner), .int8(lane.epoch)])
            guard locked.count == 1 else { return nil }
            let rows = try connection.query(
                """
                SELECT id, sequence, accepted_at, message_sequence, message_priority, clock_timestamp() FROM messages
                WHERE group_id = $1 AND NOT is_ordered ORDER BY id LIMIT \(OrderingWindow.limit)
                """, [.int8(lane.groupID)])
            let entries = try rows.map { row in
                OrderingWindow.Entry(
                    id: try row.int64(0), arrival: try row.int64(1), acceptedAt: try row.timestamp(2),
                    messageSequence: try row.int64OrNil(3), priority: try row.int64OrNil(4))
            }
            guard let now = try rows.first?.timestamp(5) else { return nil }
            switch OrderingWindow.plan(entries, window: window, now: now) {
            case .wait(let until): return now.duration(to: until)
            case .order(let places):
                try Self.write(places, group: lane.groupID, on: connection)
                return nil
            }
        }
    }

    private static func write(
        _ places: [(id: Int64, sequence: Int64)], group: Int64, on connection: PostgresConnection
    ) throws {
        _ = try connection.execute(
            """
            UPDATE messages SET sequence = n.sequence, is_ordered = true
            FROM unnest($2::bigint[], $3::bigint[]) AS n(id, sequence)
            WHERE messages.group_id = $1 AND messages.id = n.id
            """, [.int8(group), .int8Array(places.map(\.id)), .int8Array(places.map(\.sequence))])
        _ = try connection.execute(
            "UPDATE groups SET uses_order = true WHERE id = $1 AND NOT uses_order", [.int8(group)])
    }
}
