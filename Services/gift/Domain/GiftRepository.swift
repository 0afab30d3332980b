import Contracts

/// Where gifts are kept. Every write is committed, with the events that tell of it, before it returns.
///
/// Gifts are confirmed and cancelled by events alone; see `GiftEvents`.
protocol GiftRepository: Sendable {
    /// Exchanges a reward for a new gift, whose notice is pending from the same commit on.
    ///
    /// - Parameter deferring: Asks for the notice by an event in that same commit.
    /// - Throws: ``DomainError`` when the reward is unknown, revoked or exchanged already.
    func create(_ gift: NewGift, deferring: Bool, _ context: WriteContext) async throws -> Gift

    /// Loads, changes and saves a gift while nobody else can change it.
    ///
    /// - Parameter deferring: Asks for what is pending by events in the same commit.
    /// - Throws: what `change` throws, or a ``DomainError`` of kind `notFound`.
    func update(
        _ id: Int64, deferring: Bool, _ context: WriteContext,
        change: @escaping @Sendable (inout Gift) throws -> GiftEventType
    ) async throws -> Gift

    /// Writes down what telegram has answered; of the notices it was asked for, what it has not taken goes out as
    /// events.
    func settle(
        _ id: Int64, _ asked: [Notice], _ answers: [Notice: MessageStatus], _ context: WriteContext) async throws

    /// Turns forgotten notices into events, at most those of `limit` gifts, and returns of how many.
    func deferForgotten(limit: Int) async throws -> Int

    /// Refuses a request that is wrong in itself, and remembers the refusal under its idempotency key.
    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never

    func find(_ id: Int64, in scope: Scope) async throws -> Gift

    func list(_ filter: GiftFilter, _ page: PageRequest) async throws -> Page<Gift>

    /// The newest version of an entity that is known here, 0 for none. A mission is known by its reward.
    func seen(_ token: ConsistencyToken) async throws -> Int64
}

/// Which gifts are asked for; `nil` means any.
struct GiftFilter: Sendable, Hashable {
    var customerId: Int64?
    var rewardId: Int64?
    var status: GiftStatus?
}
