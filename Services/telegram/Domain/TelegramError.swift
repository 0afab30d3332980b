import Contracts

extension DomainError {
    static func invalidField(_ name: String, _ rule: String) -> DomainError {
        DomainError(.invalid, slug: "invalid-field", detail: "The field \(name) \(rule).")
    }

    static func messageNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "message-not-found", detail: "There is no message \(id).")
    }

    static func messageTransition(_ id: Int64, _ from: MessageStatus, _ to: MessageStatus) -> DomainError {
        DomainError(
            .conflict, slug: "message-transition",
            detail: "Message \(id) is \(from.rawValue); it cannot become \(to.rawValue).")
    }

    static func chatNotLinked(_ customerId: Int64) -> DomainError {
        DomainError(.notFound, slug: "chat-not-linked", detail: "Customer \(customerId) is not linked to a chat.")
    }

    static let stillSending = DomainError(
        .conflict, slug: "idempotency-key-in-flight",
        detail: "The message of the first request with this Idempotency-Key is just being sent; repeat in a moment.",
        retryAfter: 1)

    static let wrongWebhookSecret = DomainError(
        .unauthenticated, slug: "wrong-webhook-secret",
        detail: "The header X-Telegram-Bot-Api-Secret-Token is missing or wrong.")

    static func badLinkCode(_ fault: LinkCode.Fault) -> DomainError {
        DomainError(.invalid, slug: "bad-link-code", detail: "The code \(fault.rawValue); ask for a new one.")
    }
}
