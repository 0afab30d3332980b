import Contracts
import Foundation
import MariaDB
import Testing

@testable import MypageService

@Suite("The read model in MariaDB", .enabled(if: MypageDatabase.isAvailable, MypageDatabase.hint))
struct ConcurrencyTests {
    @Test("is right when replicas write to the same rows at the same time", arguments: 1...3)
    func replicas(seed: UInt64) async throws {
        let facts = RandomFacts(seed: seed, missions: 40).facts
        let right = MypageDefinition(facts).rows
        try await MypageDatabase.with { database in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var generator = SplitMix(state: seed &+ UInt64(writer) &* 7919)
                        var applied = 0
                        // Every fact reaches two of the writers, so that they also meet in the inbox.
                        var mine = facts.enumerated().filter { ($0.offset + writer) % 4 < 2 }.map(\.element)[...]
                        mine.shuffle(using: &generator)
                        while !mine.isEmpty {
                            applied += try await database.apply(Array(mine.prefix(12)))
                            mine = mine.dropFirst(12)
                        }
                        return applied
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == facts.count)
            let rows = try await database.repository.list(MypageFilter(), PageRequest(limit: 500)).items
            #expect(rows.count == right.count)
            let wrong = zip(rows, right).first { $0 != $1 }
            #expect(wrong == nil)
        }
    }

    @Test("answers many readers at once")
    func readers() async throws {
        try await MypageDatabase.with { database in
            _ = try await database.projection.apply((1...300).map { .mission($0, version: 1, .created) })
            let repository = database.repository
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in Int64(1)...600 {
                    group.addTask { try await repository.find(id)?.id != (id <= 300 ? id : nil) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(wrong == 0)
        }
    }

    @Test("finds another connection when the one it reads with is lost")
    func lostConnection() async throws {
        try await MypageDatabase.with { database in
            _ = try await database.projection.apply([.mission(1, version: 1, .created)])
            let repository = database.repository
            _ = try await repository.find(1)
            try await database.pool.run { connection in
                let own = try connection.query("SELECT CONNECTION_ID()").first?.int64(0)
                let others = try connection.query(
                    "SELECT id FROM information_schema.processlist WHERE db = DATABASE()")
                for row in others where try row.int64(0) != own {
                    try? connection.script("KILL CONNECTION \(try row.int64(0))")
                }
            }
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            var found: Mypage?
            while found == nil, ContinuousClock.now < deadline { found = try? await repository.find(1) }
            #expect(found?.id == 1)
        }
    }
}

extension MypageDatabase {
    /// Applies a batch as a consumer does: again when the store asks for it.
    fileprivate func apply(_ facts: [MypageFact]) async throws -> Int {
        while true {
            do {
                return try await projection.apply(facts)
            } catch let error as MariaDBError where error.isRetriable {}
        }
    }
}
