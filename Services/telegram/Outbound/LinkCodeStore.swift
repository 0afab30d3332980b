import Contracts
import Outbox
import Postgres

/// Link codes need no table until they are used: this store makes them, and the writer remembers them under an
/// idempotency key.
struct LinkCodeStore: AggregateStore {
    static let table = "used_link_codes"
    static let columns = "nonce"

    let codes: LinkCodes

    func insert(_ drafts: [Int64], on connection: PostgresConnection) throws -> [Result<IssuedCode, DomainError>] {
        drafts.map { .success(codes.issue(customerId: $0)) }
    }

    func entity(_ row: PostgresRow) throws -> IssuedCode {
        throw PostgresError(.decoding, "link codes are not kept")
    }

    func save(_ entities: [IssuedCode], on connection: PostgresConnection) throws {}

    func notFound(_ id: Int64) -> DomainError { .chatNotLinked(id) }
}
