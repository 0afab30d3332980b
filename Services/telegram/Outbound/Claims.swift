import Contracts
import Foundation
import Postgres

/// Claims messages in lanes that the caller has locked.
struct Claims: Sendable {
    /// Who claims, for an operator.
    let owner: String
    /// After this time the others stop waiting for an outcome.
    let lease: Duration
    /// The longest that a request takes; a claim is good for starting one until this time before its lease ends.
    let requestTimeout: Duration

    func take(_ heads: [(chat: Int64, message: Int64)], on connection: PostgresConnection) throws -> [Claim] {
        guard !heads.isEmpty else { return [] }
        // Before the lease begins on the server's clock, so that it ends later there than here.
        let sendBefore = ContinuousClock.now + lease - requestTimeout
        let rows = try connection.query(
            """
            UPDATE messages SET claim = gen_random_uuid()
            WHERE id = ANY($1::bigint[]) AND status = 'Queued' AND claim IS NULL
            RETURNING claim, id, chat_id, text, parts_sent, attempts
            """, [.int8Array(heads.map(\.message))])
        let claims = try rows.map { row in
            Claim(
                token: try row.uuid(0), messageId: try row.int64(1), chatId: try row.int64(2), text: try row.string(3),
                partsSent: Int(try row.int32(4)), attempts: Int(try row.int32(5)), sendBefore: sendBefore)
        }
        _ = try connection.execute(
            """
            UPDATE lanes SET claim = new.claim, message_id = new.message_id, claimed_by = $4,
                lease_until = clock_timestamp() + make_interval(secs => $5)
            FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) AS new(chat_id, claim, message_id)
            WHERE lanes.chat_id = new.chat_id
            """,
            [
                .int8Array(claims.map(\.chatId)), .uuidArray(claims.map(\.token)),
                .int8Array(claims.map(\.messageId)), .text(owner), .double(lease.inSeconds),
            ])
        return claims
    }
}
