import Contracts
import Logging
import Metrics

/// Tells the customer at once through telegram, or leaves it to the events; whatever telegram does, it never fails and
/// never takes longer than the call's deadline.
///
/// The notice is pending from the gift's own commit on. Killed before it is settled, another replica sees to it:
/// ``NoticeSweeper``.
struct TellCustomer: Sendable {
    let repository: any GiftRepository
    let messenger: any Messenger
    let logger: Logger

    /// Telegram is not to be called now: what is to be told should be asked for by an event in the write's own commit,
    /// which spares a second one.
    var isResting: Bool { messenger.isResting }

    /// - Parameter notice: The one that the answer to the caller is about.
    /// - Returns: telegram's status, or `deferred`.
    func callAsFunction(_ gift: Gift, _ notice: Notice, _ context: WriteContext) async throws -> NoticeState {
        guard !gift.untold.isEmpty else { return try await firstOutcome(gift.id, notice) }
        var answers: [Notice: MessageStatus] = [:]
        for untold in gift.untold {
            guard let answer = await send(untold, gift, context) else { break }
            answers[untold] = answer
        }
        // Asked for in the write's own commit, and not answered: there is nothing to write down.
        let isOpen = !answers.isEmpty || gift.untold.contains { gift.notices[$0] == .pending }
        guard isOpen else { return .deferred }
        do {
            try await repository.settle(gift.id, gift.untold, answers, context)
        } catch {
            // It stays pending; the sweeper asks for it by an event, and its key keeps it to one message.
            logger.warning("What became of a notice cannot be written", metadata: [LogKey.gift: "\(gift.id)"])
        }
        return answers[notice].map { .answered($0) } ?? .deferred
    }

    private func send(_ notice: Notice, _ gift: Gift, _ context: WriteContext) async -> MessageStatus? {
        var outcome = NoticeState.deferred
        defer { NoticeMetrics.count(notice, outcome) }
        do {
            let status = try await messenger.send(gift.message(notice), context)
            outcome = .answered(status)
            return status
        } catch {
            logger.debug(
                "The customer is told later", metadata: [LogKey.gift: "\(gift.id)", LogKey.reason: "\(error)"])
            return nil
        }
    }

    /// The same `Idempotency-Key` again: what came of the first request, which was the same caller's.
    private func firstOutcome(_ id: Int64, _ notice: Notice) async throws -> NoticeState {
        guard let state = try await repository.find(id, in: .everyone).notices[notice], state != .pending else {
            throw DomainError.stillTelling
        }
        return state
    }
}

/// `gift_notices_total`: what became of telling customers at once.
enum NoticeMetrics {
    static func count(_ notice: Notice, _ outcome: NoticeState) {
        Counter(
            label: "gift_notices_total", dimensions: [("notice", notice.rawValue), ("outcome", outcome.rawValue)]
        ).increment()
    }
}

/// Keys of the service's log metadata. Names of gifts are the customers' own: they are not logged.
enum LogKey {
    static let gift = "gift.id"
    static let count = "gift.count"
    static let reason = "gift.reason"
}
