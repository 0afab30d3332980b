import Contracts
import Outbox
import Postgres
import WorkerThreads

/// The newest versions that are known here; concurrent questions share one statement.
struct SeenVersions: Sendable {
    private let questions: Coalescer<PostgresConnection, ConsistencyToken, Int64>

    init(pool: PostgresPool, maxBatch: Int = 256, queueLimit: Int = 10_000) {
        questions = Coalescer(
            maxBatch: maxBatch, queueLimit: queueLimit, perform: { pool.perform($0) },
            run: { connection, tokens in
                do {
                    return try Self.answers(to: tokens, on: connection).map { .success($0) }
                } catch {
                    return tokens.map { _ in .failure(error) }
                }
            })
    }

    func seen(_ token: ConsistencyToken) async throws -> Int64 {
        do {
            return try await questions.submit(token)
        } catch let error as PostgresError where error.isRetriable {
            throw DomainError.storeUnavailable
        } catch is CoalescerError {
            throw DomainError.storeBusy
        }
    }

    /// A mission becomes known here by its reward alone, and then every version that a request can have made of it has
    /// had its effect: it counts as seen.
    private static func answers(
        to tokens: [ConsistencyToken], on connection: PostgresConnection
    ) throws -> [Int64] {
        let rows = try connection.query(
            """
            SELECT COALESCE(CASE entity
                       WHEN 'reward' THEN (SELECT version FROM rewards WHERE rewards.id = asked.id)
                       WHEN 'gift' THEN (SELECT version FROM gifts WHERE gifts.id = asked.id)
                       WHEN 'mission' THEN (SELECT $3 FROM rewards WHERE mission_id = asked.id LIMIT 1)
                   END, 0)
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked(entity, id, position) ORDER BY position
            """,
            [.textArray(tokens.map(\.entity.rawValue)), .int8Array(tokens.map(\.id)), .int8(.max)])
        return try rows.map { try $0.int64(0) }
    }
}
