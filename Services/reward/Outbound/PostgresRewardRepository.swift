import Contracts
import Outbox
import Postgres

/// Rewards in PostgreSQL, each change with its outbox row in one commit.
struct PostgresRewardRepository: RewardRepository {
    private let writer: AggregateWriter<RewardStore>
    private let reader: AggregateReader<RewardStore>

    init(pool: PostgresPool) {
        writer = AggregateWriter(RewardStore(), pool: pool)
        reader = AggregateReader(RewardStore(), pool: pool)
    }

    func update(
        _ id: Int64, _ context: WriteContext,
        change: @escaping @Sendable (inout Reward) throws -> RewardEventType
    ) async throws -> Reward {
        try await writer.update(id, context) { reward in
            let type = try change(&reward)
            return [NewEvent(type, reward.data, in: context)]
        }
    }

    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        try await writer.refuse(error, context)
    }

    func find(_ id: Int64, in scope: Scope = .everyone) async throws -> Reward {
        try await reader.find(id, in: scope)
    }

    func list(_ filter: RewardFilter, _ page: PageRequest) async throws -> Page<Reward> {
        var columns: [(column: String, value: PostgresValue)] = []
        if let missionId = filter.missionId { columns.append(("mission_id", .int8(missionId))) }
        if let customerId = filter.customerId { columns.append(("customer_id", .int8(customerId))) }
        if let status = filter.status { columns.append(("status", .text(status.rawValue))) }
        return try await reader.list(columns, page)
    }
}
