import Contracts

/// Where rewards are kept. Every write is committed, with the event that tells of it, before it returns.
///
/// Rewards are granted by events alone; see `RewardEvents`.
protocol RewardRepository: Sendable {
    /// Loads, changes and saves a reward while nobody else can change it.
    ///
    /// - Throws: what `change` throws, or a ``DomainError`` of kind `notFound`.
    func update(
        _ id: Int64, _ context: WriteContext,
        change: @escaping @Sendable (inout Reward) throws -> RewardEventType
    ) async throws -> Reward

    /// Refuses a request that is wrong in itself, and remembers the refusal under its idempotency key.
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never

    func find(_ id: Int64, in scope: Scope) async throws -> Reward

    func list(_ filter: RewardFilter, _ page: PageRequest) async throws -> Page<Reward>
}

/// Which rewards are asked for; `nil` means any.
struct RewardFilter: Sendable, Hashable {
    var missionId: Int64?
    var customerId: Int64?
    var status: RewardStatus?
}
