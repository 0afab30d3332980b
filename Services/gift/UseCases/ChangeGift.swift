import Contracts

/// Changes a gift's status on the customer's word, that is: uses it, and tells the customer.
struct ChangeGift: Sendable {
    let repository: any GiftRepository
    let tell: TellCustomer
    let noticePatience: Duration

    func callAsFunction(
        _ id: Int64, to status: GiftStatus, _ context: WriteContext
    ) async throws -> (gift: Gift, notification: NoticeState) {
        let gift = try await repository.update(id, deferring: tell.isResting, context) { [noticePatience] gift in
            let now = Timestamp.now
            try gift.change(to: status, in: context, at: now, due: now + noticePatience)
            return .used
        }
        return (gift, try await tell(gift, .used, context))
    }
}
