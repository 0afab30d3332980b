import Foundation
import Postgres
import TestSupport
import Testing

/// Who works on a group, when signals are lost and clocks are set.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct OwnershipTests {
    private func owners(_ queue: RunningQueue) async throws -> [Int64] {
        try await queue.pool.run { try $0.query("SELECT id FROM owners ORDER BY id").map { try $0.int64(0) } }
    }

    @Test func `a message whose signal was lost is found within seconds`() async throws {
        try await RunningQueue.with { queue in
            try await queue.accept("g", "first")
            try await soon { queue.receiver.callbacks.count == 1 }
            // As another replica leaves it that dies between its commit and the signal.
            try await queue.pool.run { connection in
                try connection.script(
                    """
                    BEGIN;
                    UPDATE groups SET last_sequence = 2 WHERE name = 'g';
                    INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, callback_url, body)
                    SELECT id, nextval('message_ids'), 2, true, now(), '\(queue.receiver.url)', 'second'
                    FROM groups WHERE name = 'g';
                    COMMIT
                    """)
            }
            try await soon(within: .seconds(30)) { queue.receiver.callbacks.last?.text == "second" }
        }
    }

    @Test func `the database's clock set forward fences nobody out that is alive`() async throws {
        try await RunningQueue.with(["LEASE": "6s", "CALLBACK_TIMEOUT": "5s"]) { queue in
            try await queue.accept("g", "before")
            try await soon { queue.receiver.callbacks.count == 1 }
            let before = try await owners(queue)
            #expect(before.count == 1)
            // What a clock that runs an hour ahead makes of every lease: each time that this one is prolonged, which is
            // every 300 ms. Others look every 500 ms, so this is longer than it takes to look twice.
            var renewals = 0
            try await soon {
                renewals += try await queue.pool.run { connection in
                    try connection.query(
                        """
                        UPDATE owners SET lease_until = lease_until - interval '1 hour'
                        WHERE lease_until > clock_timestamp() RETURNING id
                        """
                    ).count
                }
                return renewals > 5
            }
            try await queue.accept("g", "after")
            try await soon { queue.receiver.callbacks.count == 2 }
            #expect(try await owners(queue) == before)
            #expect(Set(queue.receiver.callbacks.map(\.epoch)).count == 1)
        }
    }

    @Test func `the database's clock set back holds no dead replica's groups`() async throws {
        try await RunningQueue.with { queue in
            try await queue.pool.run { connection in
                // A replica that died when its clock was an hour ahead of today's.
                try connection.script(
                    """
                    INSERT INTO owners (id, name, lease_until, lease_ms)
                    VALUES (1000, 'dead', now() + interval '1 hour', 500);
                    INSERT INTO groups (name, callback_url, secret, last_sequence, is_waiting, owner, epoch)
                    VALUES ('g', '\(queue.receiver.url)', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 1, true, 1000, 7);
                    INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, body)
                    SELECT id, nextval('message_ids'), 1, true, now(), 'm' FROM groups
                    """)
            }
            try await soon { queue.receiver.callbacks.count == 1 }
            #expect(queue.receiver.callbacks[0].epoch == 8)
            #expect(try await owners(queue).count == 1)
        }
    }
}
