import Contracts

extension DomainError {
    static func giftNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "gift-not-found", detail: "There is no gift \(id).")
    }

    static func rewardNotFound(_ id: Int64) -> DomainError {
        DomainError(
            .notFound, slug: "reward-not-found",
            detail: """
                There is no reward \(id), or it has not become known here yet: \
                send Consistency-Token: reward/\(id)@1 to wait for it.
                """)
    }

    static func rewardAlreadyExchanged(_ id: Int64) -> DomainError {
        DomainError(
            .conflict, slug: "reward-already-exchanged", detail: "Reward \(id) has been exchanged for a gift already.")
    }

    static func rewardRevoked(_ id: Int64) -> DomainError {
        DomainError(
            .conflict, slug: "reward-revoked", detail: "Reward \(id) has been revoked and cannot be exchanged.")
    }

    static func giftTransitionRefused(_ id: Int64, from: GiftStatus, to: GiftStatus) -> DomainError {
        DomainError(
            .conflict, slug: "gift-transition-refused",
            detail: """
                Gift \(id) is \(from.rawValue) and cannot become \(to.rawValue) by request; \
                only a gift that is Exchanged can be set to Used.
                """)
    }

    static func giftNotConfirmed(_ id: Int64) -> DomainError {
        DomainError(
            .conflict, slug: "gift-not-confirmed",
            detail: "Gift \(id) is not confirmed yet, so it cannot be used; repeat the request in a moment.",
            retryAfter: 1)
    }

    static let stillTelling = DomainError(
        .conflict, slug: "idempotency-key-in-flight",
        detail:
            "The customer of the first request with this Idempotency-Key is just being told; repeat it in a moment.",
        retryAfter: 1)

    static func foreignToken(_ token: ConsistencyToken) -> DomainError {
        DomainError(
            .malformed, slug: "foreign-consistency-token",
            detail: "Nothing of \(token) is known to gifts: a token of a mission, a reward or a gift can be waited for."
        )
    }
}
