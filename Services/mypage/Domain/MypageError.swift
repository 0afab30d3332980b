import Contracts

extension DomainError {
    static func mypageNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "mypage-not-found", detail: "Nothing is known of a mission \(id).")
    }

    static let malformedToken = DomainError(
        .malformed, slug: "malformed-consistency-token",
        detail: "The header Consistency-Token must be <entity>/<id>@<version>, such as mission/42@3.")

    static func versionNotSeen(_ token: ConsistencyToken) -> DomainError {
        DomainError(
            .unavailable, slug: "version-not-seen",
            detail: "\(token) has not arrived here within two seconds; try again.", retryAfter: 1)
    }

    static let tooManyWaiters = DomainError(
        .overloaded, slug: "too-many-waiting",
        detail: "Too many requests wait for a Consistency-Token; try again, or leave the header out.", retryAfter: 1)

    static let storeUnavailable = DomainError(
        .unavailable, slug: "store-unavailable", detail: "The database cannot be reached; repeat the request later.",
        retryAfter: 1)

    static let storeBusy = DomainError(
        .unavailable, slug: "store-busy", detail: "Too many requests wait for the database; repeat the request later.",
        retryAfter: 1)

    static let notMigrated = DomainError(
        .unavailable, slug: "not-migrated", detail: "The database has no schema yet; run the migrate command.")
}
