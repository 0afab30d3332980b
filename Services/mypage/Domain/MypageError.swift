import Contracts

extension DomainError {
    static func mypageNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "mypage-not-found", detail: "Nothing is known of a mission \(id).")
    }

    static let storeUnavailable = DomainError(
        .unavailable, slug: "store-unavailable", detail: "The database cannot be reached; repeat the request later.",
        retryAfter: 1)

    static let storeBusy = DomainError(
        .unavailable, slug: "store-busy", detail: "Too many requests wait for the database; repeat the request later.",
        retryAfter: 1)

    static let notMigrated = DomainError(
        .unavailable, slug: "not-migrated", detail: "The database has no schema yet; run the migrate command.")
}
