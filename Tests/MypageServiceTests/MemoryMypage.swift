import Contracts
import Foundation
import Synchronization

@testable import MypageService

/// The read model in memory, straight from its definition.
final class MemoryMypage: MypageProjection, MypageRepository {
    private let facts = Mutex<[UUID: MypageFact]>([:])

    var definition: MypageDefinition { MypageDefinition(facts.withLock { Array($0.values) }) }

    func apply(_ batch: [MypageFact]) async throws -> Int {
        facts.withLock { facts in
            batch.count { facts.updateValue($0, forKey: $0.eventID) == nil }
        }
    }

    func find(_ id: Int64) async throws -> Mypage? { definition.row(id) }

    func find(_ wanted: [(Int64, Completion)]) {
        for (id, completion) in wanted { completion(.success(definition.row(id))) }
    }

    func list(_ filter: MypageFilter, _ page: PageRequest) async throws -> Page<Mypage> {
        let definition = self.definition
        let items = definition.rows.filter { row in
            row.id > page.after?.after ?? 0 && filter.missionId.map { $0 == row.id } ?? true
                && filter.rewardId.map { $0 == row.rewardId } ?? true
                && filter.customerId.map { $0 == row.customerId } ?? true
                && filter.giftId.map { definition.has(gift: $0, mission: row.id) } ?? true
                && filter.telegramId.map { definition.has(message: $0, mission: row.id) } ?? true
        }
        return Page(fetched: Array(items.prefix(page.limit + 1)), limit: page.limit, id: \.id)
    }

    func version(of entity: ConsistencyToken.Entity, id: Int64) async throws -> Int64 {
        definition.version(of: entity, id: id)
    }
}
