import Contracts
import MariaDB
import Testing

@testable import MypageService

@Suite("Housekeeping of mypage", .enabled(if: MypageDatabase.isAvailable, MypageDatabase.hint))
struct HousekeepingTests {
    @Test("forgets events after seven days, and only then")
    func purge() async throws {
        try await MypageDatabase.with { database in
            let facts = (Int64(1)...2500).map { id in
                MypageFact(
                    eventID: UUIDv7.make(), time: .now,
                    state: .mission(
                        MissionData(id: id, version: 1, customerId: 7, title: nil, status: .created)))
            }
            _ = try await database.projection.apply(facts)
            let housekeeping = MypageHousekeeping(
                pool: database.pool, active: database.active, logger: MypageDatabase.logger)
            let now = Timestamp.now.milliseconds
            await housekeeping.purge(.first, now: Timestamp(milliseconds: now + 6 * 86_400_000))
            #expect(try await database.inboxCount == 2500)
            await housekeeping.purge(.first, now: Timestamp(milliseconds: now + 8 * 86_400_000))
            #expect(try await database.inboxCount == 0)
            // What the inbox has forgotten is still harmless.
            #expect(try await database.projection.apply(facts) == 2500)
        }
    }
}

extension MypageDatabase {
    fileprivate var inboxCount: Int64? {
        get async throws { try await pool.run { try $0.query("SELECT COUNT(*) FROM inbox_g1").first?.int64(0) } }
    }
}
