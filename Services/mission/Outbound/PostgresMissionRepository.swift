import Contracts
import Outbox
import Postgres

/// Missions in PostgreSQL, each change with its outbox row in one commit.
struct PostgresMissionRepository: MissionRepository {
    private let writer: AggregateWriter<MissionStore>
    private let reader: AggregateReader<MissionStore>

    init(pool: PostgresPool) {
        writer = AggregateWriter(MissionStore(), pool: pool)
        reader = AggregateReader(MissionStore(), pool: pool)
    }

    func create(_ draft: NewMission, _ context: WriteContext) async throws -> Mission {
        try await writer.create(draft, context) { mission in [mission.stateEvent(in: context)] }
    }

    func update(
        _ id: Int64, _ context: WriteContext,
        change: @escaping @Sendable (inout Mission) throws -> MissionEventType
    ) async throws -> Mission {
        try await writer.update(id, context) { mission in
            let type = try change(&mission)
            return [NewEvent(type, mission.data, in: context)]
        }
    }

    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        try await writer.refuse(error, context)
    }

    func find(_ id: Int64, in scope: Scope = .everyone) async throws -> Mission {
        try await reader.find(id, in: scope)
    }

    func list(_ filter: MissionFilter, _ page: PageRequest) async throws -> Page<Mission> {
        var columns: [(column: String, value: PostgresValue)] = []
        if let customerId = filter.customerId { columns.append(("customer_id", .int8(customerId))) }
        if let status = filter.status { columns.append(("status", .text(status.rawValue))) }
        return try await reader.list(columns, page)
    }
}
