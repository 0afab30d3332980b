import Contracts
import Foundation
import Testing

@testable import MypageService

/// What every adapter of the read model does; run on the definition itself and on MariaDB.
@Suite("The read model")
struct MypageConformanceTests {
    enum Adapter: String, CaseIterable, CustomTestStringConvertible {
        case memory, mariadb
        var testDescription: String { rawValue }
        static var available: [Adapter] { MypageDatabase.isAvailable ? allCases : [.memory] }

        func with(_ body: (any MypageProjection, any MypageRepository) async throws -> Void) async throws {
            switch self {
            case .memory:
                let memory = MemoryMypage()
                try await body(memory, memory)
            case .mariadb:
                try await MypageDatabase.with { try await body($0.projection, $0.repository) }
            }
        }
    }

    @Test("shows a mission's whole saga in one row", arguments: Adapter.available)
    func saga(adapter: Adapter) async throws {
        try await adapter.with { projection, repository in
            #expect(try await repository.find(1) == nil)
            #expect(try await projection.apply([.mission(1, version: 2, .achieved)]) == 1)
            let begun = try #require(try await repository.find(1))
            #expect(begun.missionStatus == .achieved && begun.customerId == 7 && begun.title == "Walk")
            #expect(begun.rewardId == nil && begun.rewardStatus == nil && begun.telegramId == nil)
            let applied = try await projection.apply([
                .reward(3, version: 1, mission: 1, .allocated), .mission(1, version: 3, .rewardAllocated),
                .message(5, version: 1, mission: 1, .queued), .message(5, version: 2, mission: 1, .sent, at: 9000),
            ])
            #expect(applied == 4)
            let row = try #require(try await repository.find(1))
            #expect(row.missionStatus == .rewardAllocated)
            #expect(row.rewardId == 3 && row.rewardStatus == .allocated)
            #expect(row.telegramId == 5 && row.telegramStatus == .sent)
            #expect(row.giftId == nil && row.giftTelegramId == nil)
            #expect(row.updatedAt == Timestamp(milliseconds: 9000))
        }
    }

    @Test("ignores what is not newer, but for when it happened", arguments: Adapter.available)
    func neverBackwards(adapter: Adapter) async throws {
        try await adapter.with { projection, repository in
            _ = try await projection.apply([.mission(1, version: 3, .rewardAllocated, at: 100)])
            _ = try await projection.apply([.mission(1, version: 2, .achieved, at: 200)])
            let row = try #require(try await repository.find(1))
            #expect(row.missionStatus == .rewardAllocated)
            #expect(row.updatedAt == Timestamp(milliseconds: 200))
            #expect(try await repository.version(of: .mission, id: 1) == 3)
        }
    }

    @Test("shows the latest gift with its message, and finds the earlier ones", arguments: Adapter.available)
    func gifts(adapter: Adapter) async throws {
        try await adapter.with { projection, repository in
            _ = try await projection.apply([
                .message(20, version: 1, mission: 1, gift: 4, .sent), .gift(4, version: 1, mission: 1, .exchanged),
            ])
            #expect(try await repository.find(1)?.giftTelegramId == 20)
            _ = try await projection.apply([.message(21, version: 1, mission: nil, gift: 6, .queued, at: 5000)])
            #expect(try await repository.find(1)?.giftTelegramId == 20)
            _ = try await projection.apply([.gift(6, version: 1, mission: 1, .exchanged)])
            _ = try await projection.apply([.gift(4, version: 2, mission: 1, .cancelled)])
            let row = try #require(try await repository.find(1))
            #expect(row.giftId == 6 && row.giftStatus == .exchanged)
            #expect(row.giftTelegramId == 21 && row.giftTelegramStatus == .queued)
            #expect(row.updatedAt == Timestamp(milliseconds: 5000))
            for filter in [
                MypageFilter(giftId: 4), MypageFilter(giftId: 6), MypageFilter(telegramId: 20),
                MypageFilter(telegramId: 21), MypageFilter(missionId: 1, giftId: 4, customerId: 7),
            ] {
                #expect(try await repository.list(filter, PageRequest()).items == [row])
            }
            for filter in [
                MypageFilter(giftId: 5), MypageFilter(telegramId: 4), MypageFilter(giftId: 4, customerId: 8),
            ] {
                #expect(try await repository.list(filter, PageRequest()).items.isEmpty)
            }
            #expect(try await repository.version(of: .gift, id: 4) == 2)
            #expect(try await repository.version(of: .telegram, id: 21) == 1)
            #expect(try await repository.version(of: .telegram, id: 22) == 0)
        }
    }

    @Test("counts an event once, also within a batch", arguments: Adapter.available)
    func duplicates(adapter: Adapter) async throws {
        try await adapter.with { projection, _ in
            let facts = RandomFacts(seed: 1, missions: 20).facts
            let first = try await projection.apply(facts + facts.prefix(10))
            let second = try await projection.apply(facts)
            let none = try await projection.apply([])
            #expect(first == facts.count && second == 0 && none == 0)
        }
    }

    @Test("is listed page by page", arguments: Adapter.available)
    func pages(adapter: Adapter) async throws {
        try await adapter.with { projection, repository in
            _ = try await projection.apply((1...7).map { .mission($0, version: 1, .created) })
            let first = try await repository.list(MypageFilter(customerId: 7), PageRequest(limit: 4))
            #expect(first.items.map(\.id) == [1, 2, 3, 4])
            let second = try await repository.list(
                MypageFilter(customerId: 7), PageRequest(limit: 4, after: first.next))
            #expect(second.items.map(\.id) == [5, 6, 7] && second.next == nil)
        }
    }

    @Test("is the same whatever the order, the batches and the repeats", arguments: Adapter.available, 1...6)
    func anyOrder(adapter: Adapter, seed: UInt64) async throws {
        let facts = RandomFacts(seed: seed, missions: 60).facts
        let right = MypageDefinition(facts).rows
        try await adapter.with { projection, repository in
            var generator = SplitMix(state: seed)
            var shuffled = (facts + facts).shuffled(using: &generator)[...]
            var applied = 0
            while !shuffled.isEmpty {
                let size = Int.random(in: 1...90, using: &generator)
                applied += try await projection.apply(Array(shuffled.prefix(size)))
                shuffled = shuffled.dropFirst(size)
            }
            #expect(applied == facts.count)
            let rows = try await repository.list(MypageFilter(), PageRequest(limit: 500)).items
            #expect(rows.count == right.count)
            let wrong = zip(rows, right).first { $0 != $1 }
            #expect(wrong == nil, "\(String(describing: wrong))")
        }
    }
}
