import Contracts
import Foundation
import MariaDB

/// Takes facts into the tables of one generation, a batch in one transaction.
///
/// Two replicas may write to one row at the same time, as a customer's topics need not be on the same replica. Every
/// transaction takes its locks in one order, inbox, gifts, messages, rows, each by id. A gift's row is locked by all
/// who write about the gift, its messages included, so that a gift and a message that arrive at the same time cannot
/// miss each other.
struct MariaDBMypageProjection: MypageProjection {
    private let pool: MariaDBPool
    private let writes: MypageWrites

    init(_ generation: Generation, pool: MariaDBPool) {
        self.pool = pool
        writes = MypageWrites(MypageTables(generation))
    }

    func apply(_ facts: [MypageFact]) async throws -> Int {
        let writes = self.writes
        return try await pool.transaction { connection in
            let fresh = try admit(facts, writes, connection)
            try store(MypageChanges(fresh), writes, connection)
            return fresh.count
        }
    }

    /// Remembers the events and returns those that were not known.
    private func admit(
        _ facts: [MypageFact], _ writes: MypageWrites, _ connection: MariaDBConnection
    ) throws -> [MypageFact] {
        let ids = Set(facts.map(\.eventID)).sorted()
        var fresh = Set(try writes.admit.query(on: connection, ids.map { .uuid($0) }).map { try $0.uuid(0) })
        return facts.filter { fresh.remove($0.eventID) != nil }
    }

    private func store(
        _ changes: MypageChanges, _ writes: MypageWrites, _ connection: MariaDBConnection
    ) throws {
        var changes = changes
        let giftIDs = Set(changes.gifts.keys).union(changes.messages.values.compactMap(\.giftId)).sorted()
        var missions: [Int64: Int64] = [:]
        if !giftIDs.isEmpty {
            try writes.gifts.execute(on: connection, giftIDs.flatMap { changes.giftValues($0) })
            for row in try writes.giftMissions.query(on: connection, padding: giftIDs.map { .int8($0) }) {
                missions[try row.int64(0)] = try row.int64(1)
            }
            changes.assign(missions)
        }
        if !changes.gifts.isEmpty {
            try adoptOrphans(of: changes.gifts.keys.sorted(), missions, &changes, writes, connection)
        }
        try writes.messages.execute(
            on: connection, changes.messages.keys.sorted().flatMap { changes.messageValues($0) })
        try writes.rows.execute(on: connection, changes.rows.keys.sorted().flatMap { changes.rowValues($0) })
        if !missions.isEmpty {
            let ids = Set(missions.values).sorted().map { MariaDBValue.int8($0) }
            try writes.giftMessages.execute(on: connection, ids)
        }
    }

    /// Messages about a gift that came before it and named no mission now get the gift's.
    private func adoptOrphans(
        of gifts: [Int64], _ missions: [Int64: Int64], _ changes: inout MypageChanges, _ writes: MypageWrites,
        _ connection: MariaDBConnection
    ) throws {
        let ids = gifts.map { MariaDBValue.int8($0) }
        let orphans = try writes.orphans.query(on: connection, padding: ids)
        guard !orphans.isEmpty else { return }
        for row in orphans {
            guard let mission = missions[try row.int64(0)] else { continue }
            changes.touch(mission, customerId: try row.int64(2), at: try row.timestamp(1))
        }
        try writes.adoptOrphans.execute(on: connection, ids)
    }
}
