import Contracts
import Outbox
import Postgres

/// Records several attempts at once: what is done leaves the queue, what failed is noted with its group, and the events
/// that tell of it go into the outbox, all in one commit.
struct SettleBatch {
    let connection: PostgresConnection

    /// Settlements of one owner.
    func run(_ settlements: [Settlement], owner: Int64) throws -> [SettleOutcome] {
        try connection.transaction { connection in
            guard try OwnershipSQL.lock(owner, waits: true, on: connection) else {
                return settlements.map { _ in .fenced }
            }
            // Groups before messages: an operator who skips takes them in this order too.
            let noted = try noteProgress(settlements)
            try insertAttempts(settlements.filter { noted.contains($0.delivery.message.id) })
            let finished = try finish(settlements.filter(\.isFinal))
            let done = settlements.map { settlement in
                let id = settlement.delivery.message.id
                return settlement.isFinal ? finished.contains(id) : noted.contains(id)
            }
            let events = zip(settlements, done).filter(\.1).compactMap(\.0.event)
            try OutboxTable.insert(events, on: connection)
            return done.map { $0 ? .done : .gone }
        }
    }

    /// Writes what the groups' rows say of their first messages; returns the messages that are still there and wait.
    private func noteProgress(_ settlements: [Settlement]) throws -> Set<Int64> {
        // A first attempt that succeeds leaves no trace in the group's row.
        let noted = settlements.filter { !$0.isFinal || $0.hasProgress }
            .sorted { $0.delivery.groupID < $1.delivery.groupID }
        guard !noted.isEmpty else { return [] }
        let after = noted.map(\.progressAfter)
        let rows = try connection.query(
            """
            UPDATE groups SET head_id = n.head, head_attempts = n.attempts, head_first_at = n.first,
                head_next_at = n.next, head_events = n.events, head_reason = n.reason, blocked = n.blocked
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::timestamptz[], $6::timestamptz[],
                        $7::int[], $8::text[], $9::boolean[])
                AS n(id, message, head, attempts, first, next, events, reason, blocked)
            WHERE groups.id = n.id
                AND EXISTS (SELECT 1 FROM messages m WHERE m.group_id = n.id AND m.id = n.message)
            RETURNING n.message
            """,
            [
                .int8Array(noted.map(\.delivery.groupID)), .int8Array(noted.map(\.delivery.message.id)),
                .int8Array(after.map(\.id)), .int4Array(after.map { Int32(clamping: $0.attempts) }),
                .timestampArray(after.map(\.firstAt)), .timestampArray(after.map(\.nextAt)),
                .int4Array(after.map { Int32(clamping: $0.events) }),
                .textArray(noted.map { $0.isFinal ? nil : $0.attempt.reason }),
                .boolArray(noted.map { $0.step == .blocked }),
            ])
        return Set(try rows.map { try $0.int64(0) })
    }

    /// Failed attempts of messages that go on waiting.
    private func insertAttempts(_ settlements: [Settlement]) throws {
        let failed = settlements.filter { !$0.isFinal }
        guard !failed.isEmpty else { return }
        let attempts = failed.map(\.attempt)
        _ = try connection.execute(
            """
            INSERT INTO attempts (group_id, message_id, number, epoch, started_at, duration_ms, status_code, reason,
                                  answer)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::timestamptz[], $6::bigint[],
                                 $7::int[], $8::text[], $9::bytea[])
            ON CONFLICT DO NOTHING
            """,
            [
                .int8Array(failed.map(\.delivery.groupID)), .int8Array(failed.map(\.delivery.message.id)),
                .int4Array(attempts.map { Int32(clamping: $0.number) }), .int8Array(attempts.map(\.epoch)),
                .timestampArray(attempts.map(\.startedAt)), .int8Array(attempts.map(\.duration.wholeMilliseconds)),
                .int4Array(attempts.map { $0.statusCode.map { Int32(clamping: $0) } }),
                .textArray(attempts.map(\.reason)), .bytesArray(attempts.map { $0.answer.isEmpty ? nil : $0.answer }),
            ])
    }

    /// Takes messages out of the queue; returns those that were there.
    private func finish(_ settlements: [Settlement]) throws -> Set<Int64> {
        guard !settlements.isEmpty else { return [] }
        try setAside(settlements.filter { $0.step == .deadLettered })
        let attempts = settlements.map(\.attempt)
        let rows = try connection.query(
            """
            WITH done AS (
                SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::bigint[],
                                     $6::timestamptz[], $7::bigint[], $8::int[], $9::text[], $10::bytea[])
                    AS n(g, m, status, attempts, epoch, started, duration, code, reason, answer)
            ), gone AS (
                DELETE FROM messages USING done WHERE messages.group_id = done.g AND messages.id = done.m
                RETURNING messages.group_id, messages.id, messages.sequence, messages.webhook_id,
                    done.status, done.attempts, messages.accepted_at, clock_timestamp(), done.epoch, done.started,
                    done.duration, done.code, done.reason, done.answer
            )
            INSERT INTO finished (group_id, id, sequence, webhook_id, status, attempts, accepted_at, finished_at,
                                  epoch, started_at, duration_ms, status_code, reason, answer)
            SELECT * FROM gone RETURNING id
            """,
            [
                .int8Array(settlements.map(\.delivery.groupID)), .int8Array(settlements.map(\.delivery.message.id)),
                .textArray(settlements.map { $0.status.rawValue }),
                .int4Array(attempts.map { Int32(clamping: $0.number) }), .int8Array(attempts.map(\.epoch)),
                .timestampArray(attempts.map(\.startedAt)), .int8Array(attempts.map(\.duration.wholeMilliseconds)),
                .int4Array(attempts.map { $0.statusCode.map { Int32(clamping: $0) } }),
                .textArray(attempts.map(\.reason)), .bytesArray(attempts.map { $0.answer.isEmpty ? nil : $0.answer }),
            ])
        return Set(try rows.map { try $0.int64(0) })
    }

    private func setAside(_ settlements: [Settlement]) throws {
        guard !settlements.isEmpty else { return }
        let attempts = settlements.map(\.attempt)
        _ = try connection.execute(
            """
            INSERT INTO dead_letters (id, group_id, sequence, webhook_id, callback_url, content_type, correlation_id,
                                      body, attempts, status_code, reason, accepted_at, failed_at)
            SELECT m.id, m.group_id, m.sequence, m.webhook_id, m.callback_url, m.content_type, m.correlation_id,
                   m.body, n.attempts, n.code, n.reason, m.accepted_at, clock_timestamp()
            FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::text[])
                AS n(g, m, attempts, code, reason)
            JOIN messages m ON m.group_id = n.g AND m.id = n.m
            """,
            [
                .int8Array(settlements.map(\.delivery.groupID)), .int8Array(settlements.map(\.delivery.message.id)),
                .int4Array(attempts.map { Int32(clamping: $0.number) }),
                .int4Array(attempts.map { $0.statusCode.map { Int32(clamping: $0) } }),
                .textArray(attempts.map { $0.reason ?? "" }),
            ])
    }
}

extension Settlement {
    /// Whether the message leaves the queue.
    var isFinal: Bool { step == .delivered || step == .deadLettered }

    var status: CallbackStatus {
        switch step {
        case .delivered: .delivered
        case .deadLettered: .deadLettered
        case .blocked, .retry: .blocked
        }
    }

    /// What others are told; a retry is told to nobody.
    var event: NewEvent? {
        if case .retry = step { return nil }
        let message = delivery.message
        return CallbackData(
            id: message.id, version: Int64(progress.events), group: delivery.group, webhookId: message.webhookID,
            attempts: attempt.number, status: status
        ).event(correlationID: message.correlationID)
    }
}
