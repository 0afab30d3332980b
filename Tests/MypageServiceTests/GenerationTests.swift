import Contracts
import MariaDB
import TestSupport
import Testing

@testable import MypageService

@Suite("Generations in MariaDB", .enabled(if: MypageDatabase.isAvailable, MypageDatabase.hint))
struct GenerationTests {
    @Test("begin with the first, which migrating again leaves alone")
    func first() async throws {
        try await MypageDatabase.with { database in
            try await database.pool.run { try MypageSchema.migrate($0, logger: MypageDatabase.logger) }
            let generations = try await database.store.generations()
            #expect(generations == Generations(active: .first, states: [.first: .live]))
            #expect(generations.upcoming == .first.next)
            #expect(generations.building == nil)
            let fault = try await database.pool.run { try MypageSchema.fault(on: $0) }
            #expect(fault == nil)
        }
    }

    @Test("are fed beside one another and switched by one row")
    func switching() async throws {
        try await MypageDatabase.with { database in
            let (store, repository, second) = (database.store, database.repository, Generation.first.next)
            let facts: [MypageFact] = [.mission(1, version: 1, .created)]
            #expect(try await database.projection.apply(facts) == 1)
            try await store.create(second)
            try await store.create(second)
            #expect(try await store.generations().building == second)
            #expect(try await store.generations().live == [.first])
            try await store.release(second)
            #expect(try await MariaDBMypageProjection(second, pool: database.pool).apply(facts) == 1)
            _ = try await MariaDBMypageProjection(second, pool: database.pool).apply([.mission(2, version: 1, .created)]
            )
            #expect(try await repository.find(2) == nil)
            try await store.activate(second)
            database.active.generations = try await store.generations()
            #expect(try await repository.find(2)?.id == 2)
            #expect(
                try await store.generations() == Generations(active: second, states: [.first: .live, second: .live]))
        }
    }

    @Test("that are dropped under a reader send it to the active one")
    func dropped() async throws {
        try await MypageDatabase.with { database in
            let (store, repository, second) = (database.store, database.repository, Generation.first.next)
            _ = try await database.projection.apply([.mission(1, version: 1, .created)])
            #expect(try await repository.find(1) != nil)
            try await store.create(second)
            try await store.activate(second)
            let (ofFirst, ofSecond) = (try await store.retire(.first), try await store.retire(second))
            #expect(ofFirst && !ofSecond)
            try await store.dropTables(.first)
            #expect(try await repository.find(1) == nil)
            #expect(database.active.active == second)
            let generations = try await store.generations()
            #expect(generations.states == [.first: .dropped, second: .building])
            #expect(generations.upcoming == second.next)
        }
    }

    @Test("are rebuilt by one process at a time")
    func lock() async throws {
        try await MypageDatabase.with { database in
            let (mine, theirs) = (database.onePool(), database.onePool())
            let (first, second) = (RebuildLock(pool: mine), RebuildLock(pool: theirs))
            let (taken, refused) = (try await first.take(), try await second.take())
            let (held, notHeld) = (try await first.isHeld(), try await second.isHeld())
            #expect(taken && held && !refused && !notHeld)
            await mine.close()
            #expect(try await eventually { try await second.take() })
            await theirs.close()
        }
    }

    @Test("do not exist before the first migration")
    func missing() async throws {
        try await MypageDatabase.with { database in
            try await database.pool.run { try $0.script("DROP TABLE mypage_generation, schema_migrations") }
            let fault = try await database.pool.run { try MypageSchema.fault(on: $0) }
            #expect(fault == "not migrated: 001-generations.sql")
            let error = await #expect(throws: DomainError.self) { try await database.repository.find(1) }
            #expect(error?.kind == .unavailable)
        }
    }
}
