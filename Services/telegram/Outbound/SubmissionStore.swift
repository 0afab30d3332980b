import Contracts
import Outbox
import Postgres

/// The SQL of `POST /telegrams`: insert, and claim at once where nothing stands in the way, in one commit.
struct SubmissionStore: AggregateStore {
    typealias Draft = MessageDraft

    static let table = MessageStore.table
    static let columns = MessageStore.columns

    private let messages = MessageStore()
    private let claims: Claims
    private let rate: Double

    init(claims: Claims, rate: Double) {
        self.claims = claims
        self.rate = rate
    }

    func entity(_ row: PostgresRow) throws -> Submission {
        Submission(message: try messages.entity(row), isNew: false, claim: nil)
    }

    func insert(
        _ drafts: [MessageDraft], on connection: PostgresConnection
    ) throws -> [Result<Submission, DomainError>] {
        let inserted = try messages.insertNew(drafts, on: connection)
        let new = Dictionary(inserted.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let known = try messages.find(keys: drafts.map(\.message.key).filter { new[$0] == nil }, on: connection)
        let candidates = drafts.filter(\.mayClaim).compactMap { new[$0.message.key] }
        let wanted = Set(candidates.filter { $0.status == .queued }.map(\.id))
        let claimed = try claim(wanted, on: connection)
        var given: Set<Int64> = []
        return drafts.map { draft in
            // Of several drafts with one key the first is the one that brought it in.
            if let message = new[draft.message.key] {
                let isFirst = given.insert(message.id).inserted
                return .success(
                    Submission(message: message, isNew: isFirst, claim: isFirst ? claimed[message.id] : nil))
            }
            guard let message = known[draft.message.key] else { return .failure(.storeBusy) }
            return .success(Submission(message: message, isNew: false, claim: nil))
        }
    }

    /// Claims those of the wanted messages that are the first of an idle chat, as far as the limits go.
    private func claim(_ wanted: Set<Int64>, on connection: PostgresConnection) throws -> [Int64: Claim] {
        guard !wanted.isEmpty else { return [:] }
        let chats = try Lanes.chats(of: Array(wanted), on: connection)
        let idle = try Lanes.ready(among: chats, on: connection)
        let heads = try Lanes.heads(idle, on: connection).filter { wanted.contains($0.message) }
        guard !heads.isEmpty else { return [:] }
        let room = try LimiterRow.update(on: connection) { limiter, now in
            limiter.take(upTo: heads.count, rate: rate, now: now)
        }
        let found = try claims.take(Array(heads.prefix(room)), on: connection)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.messageId, $0) })
    }

    func save(_ submissions: [Submission], on connection: PostgresConnection) throws {
        try messages.save(submissions.map(\.message), on: connection)
    }

    func notFound(_ id: Int64) -> DomainError { .messageNotFound(id) }
}
