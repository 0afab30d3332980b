import Contracts
import ServiceRuntime

/// Exchanges a reward for a gift and tells the customer.
struct ExchangeReward: Sendable {
    let repository: any GiftRepository
    let waitForVersion: WaitForVersion
    let tell: TellCustomer

    /// - Parameter token: The version that must have arrived here before.
    func callAsFunction(
        _ new: NewGift, notBefore token: ConsistencyToken?, _ context: WriteContext
    ) async throws -> (gift: Gift, notification: NoticeState) {
        if let token {
            guard token.entity != .telegram else { throw DomainError.foreignToken(token) }
            try await waitForVersion(token)
        }
        let gift = try await repository.create(new, deferring: tell.isResting, context)
        return (gift, try await tell(gift, .exchanged, context))
    }
}
