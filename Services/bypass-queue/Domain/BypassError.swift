import Contracts

extension DomainError {
    static func groupNotFound(_ name: String) -> DomainError {
        DomainError(.notFound, slug: "group-not-found", detail: "There is no group \(name); PUT it or send to it.")
    }

    static func groupNotEmpty(_ name: String) -> DomainError {
        DomainError(
            .conflict, slug: "group-not-empty",
            detail: "Group \(name) has messages that wait; let them be delivered or skip them first.")
    }

    static func groupFull(_ name: String, limit: Int) -> DomainError {
        DomainError(
            .overloaded, slug: "group-full",
            detail: "\(limit) messages wait in group \(name), which is the limit; send again later.", retryAfter: 5)
    }

    static let queueFull = DomainError(
        .unavailable, slug: "queue-full", detail: "As many messages wait as are let in; send again later.",
        retryAfter: 5)

    static let callbackURLMissing = DomainError(
        .invalid, slug: "callback-url-missing",
        detail: "The group has no callback URL: send the header Callback-Url, or set it with PUT /queues/{group}.")

    static func messageNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "message-not-found", detail: "The group has no message \(id), or no longer.")
    }

    static func deadLetterNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "dead-letter-not-found", detail: "There is no dead letter \(id).")
    }

    static func nothingToSkip(_ name: String) -> DomainError {
        DomainError(.conflict, slug: "group-empty", detail: "No message waits in group \(name).")
    }

    static func notAtHead(_ id: Int64) -> DomainError {
        DomainError(
            .conflict, slug: "not-at-head", detail: "Message \(id) is not the first of its group; look again.")
    }
}
