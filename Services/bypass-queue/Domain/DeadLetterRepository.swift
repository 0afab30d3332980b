import Contracts

/// Messages that were set aside.
protocol DeadLetterRepository: Sendable {
    func list(group: String?, _ page: PageRequest) async throws -> Page<DeadLetter>
    /// Puts it at the end of its group again, with the same webhook id.
    func replay(_ id: Int64) async throws -> Receipt
    func delete(_ id: Int64) async throws
}

/// A message that was set aside, without its body.
struct DeadLetter: Sendable {
    let id: Int64
    let group: String
    let sequence: Int64
    let webhookID: String
    let attempts: Int
    let statusCode: Int?
    let reason: String
    let acceptedAt: Timestamp
    let failedAt: Timestamp
}
