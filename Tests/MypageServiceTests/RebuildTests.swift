import Contracts
import Kafka
import MariaDB
import ServiceRuntime
import TestSupport
import Testing

@testable import MypageService

@Suite("Rebuilding mypage", .enabled(if: MypageDatabase.isAvailable, MypageDatabase.hint))
struct RebuildTests {
    @Test("makes the same rows beside the running generation, switches, and keeps both fed")
    func rebuild() async throws {
        try await RunningMypage.with { mypage in
            let facts = RandomFacts(seed: 9, missions: 50).facts
            let right = MypageDefinition(facts).rows
            try await mypage.publish(facts)
            #expect(try await eventually { try await mypage.rows == right })
            // What a fault in the old generation has spoiled, the new one has right.
            try await mypage.database.pool.run { try $0.script("UPDATE mypage_g1 SET title = 'wrong'") }
            let second = try await mypage.rebuild()
            #expect(second == Generation.first.next)
            mypage.database.active.generations = try await mypage.database.store.generations()
            #expect(mypage.database.active.live == [.first, second])
            #expect(try await mypage.rows == right)
            try await mypage.publish([.mission(900, version: 1, .created)])
            for generation in [Generation.first, second] {
                let table = MypageTables(generation).rows
                #expect(
                    try await eventually {
                        try await mypage.database.pool.run {
                            try $0.query("SELECT id FROM \(table) WHERE id = 900").count == 1
                        }
                    }, "\(generation)")
            }
            #expect(try await eventually { try await mypage.get("/mypages/900").status == 200 })
        }
    }

    @Test("refuses when the beginning of the log is gone, and says what to do")
    func headless() async throws {
        try await RunningMypage.with { mypage in
            // The development broker keeps about five megabytes of a partition.
            let title = String(repeating: "x", count: 60_000)
            for id in Int64(1)...30 {
                let records = (1...10).map { version in
                    MypageFact(
                        eventID: UUIDv7.make(), time: .now,
                        state: .mission(
                            MissionData(id: id, version: version, customerId: 7, title: title, status: .created))
                    ).record
                }
                for result in try await mypage.producer.send(records) { try result.get() }
            }
            let error = await #expect(throws: ServiceFailure.self) { try await mypage.rebuild() }
            #expect(error?.description.contains("republish") == true)
            #expect(try await mypage.database.store.generations().states == [.first: .live])
        }
    }
}

extension RunningMypage {
    fileprivate var rows: [Mypage] {
        get async throws { try await database.repository.list(MypageFilter(), PageRequest(limit: 500)).items }
    }

    /// Rebuilds as the subcommand does.
    fileprivate func rebuild() async throws -> Generation {
        let pool = database.onePool()
        let outcome: Result<Generation, any Error>
        do {
            let rebuild = Rebuild(
                store: MariaDBGenerationStore(pool: pool), lock: RebuildLock(pool: pool), kafka: settings.kafka,
                projection: { MariaDBMypageProjection($0, pool: pool) }, logger: MypageDatabase.logger)
            outcome = .success(try await rebuild(mayBeHeadless: false))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        return try outcome.get()
    }
}
