import Contracts

/// Where missions are kept. Every write is committed, with the event that tells of it, before it returns.
protocol MissionRepository: Sendable {
    /// Keeps a new mission.
    func create(_ draft: NewMission, _ context: WriteContext) async throws -> Mission

    /// Loads, changes and saves a mission while nobody else can change it.
    ///
    /// - Throws: what `change` throws, or a ``DomainError`` of kind `notFound`.
    func update(
        _ id: Int64, _ context: WriteContext,
        change: @escaping @Sendable (inout Mission) throws -> MissionEventType
    ) async throws -> Mission

    /// Refuses a request that is wrong in itself, and remembers the refusal under its idempotency key.
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never

    func find(_ id: Int64, in scope: Scope) async throws -> Mission

    func list(_ filter: MissionFilter, _ page: PageRequest) async throws -> Page<Mission>
}

/// Which missions are asked for; `nil` means any.
struct MissionFilter: Sendable, Hashable {
    var customerId: Int64?
    var status: MissionStatus?
}
