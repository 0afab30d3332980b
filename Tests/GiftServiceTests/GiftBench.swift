import Contracts
import Foundation
import Logging
import Messaging
import Outbox
import Postgres
import ServiceRuntime
import Synchronization
import TestSupport

@testable import GiftService

/// A database of a test's own with gift's schema, and what stands on it.
struct GiftBench: Sendable {
    let pool: PostgresPool
    let store: GiftStore
    let repository: PostgresGiftRepository
    let messenger = FakeMessenger()
    let exchange: ExchangeReward
    let change: ChangeGift

    /// Runs `body` with a new bench and closes it afterwards.
    ///
    /// - Parameter patience: When a pending notice counts as forgotten.
    static func with<Value>(
        patience: Duration = .seconds(2), _ body: (GiftBench) async throws -> Value
    ) async throws -> Value {
        let bench = try await GiftBench(patience: patience)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(bench)) } catch { outcome = .failure(error) }
        await bench.pool.close()
        return try outcome.get()
    }

    private init(patience: Duration) async throws {
        let url = try await TestDatabase.postgres("gift")
        pool = PostgresPool(try PostgresConfiguration(url: url), connections: 4, logger: TestDatabase.quiet)
        let files = OutboxSchema.migrations + GiftService.migrations
        _ = try await pool.run { try PostgresMigrator(files: files).run(on: $0, logger: TestDatabase.quiet) }
        store = GiftStore(noticePatience: patience)
        repository = PostgresGiftRepository(pool: pool, store: store)
        let tell = TellCustomer(repository: repository, messenger: messenger, logger: TestDatabase.quiet)
        exchange = ExchangeReward(
            repository: repository, waitForVersion: WaitForVersion(seen: repository.seen), tell: tell)
        change = ChangeGift(repository: repository, tell: tell, noticePatience: patience)
    }

    func context(key: String? = nil) -> WriteContext {
        WriteContext(
            idempotency: key.map { IdempotencyTicket(route: "POST /gifts", caller: "-", key: $0, bodyDigest: [1]) })
    }

    func reward(_ id: Int64, version: Int64 = 1, _ status: RewardStatus, gift: Int64? = nil) -> RewardData {
        RewardData(
            id: id, version: version, missionId: 1_000 + id, customerId: 3, giftId: gift, status: status)
    }

    /// News of rewards that can be exchanged.
    func allocate(_ ids: ClosedRange<Int64>) async throws {
        try await apply(ids.map { envelope(RewardEventType.allocated, reward($0, .allocated)) })
    }

    func take(_ type: RewardEventType, _ data: RewardData) async throws { try await apply([envelope(type, data)]) }

    func reject(reward: Int64, gift: Int64) async throws {
        let rejection = ExchangeRejection(
            id: reward, version: 2, giftId: gift, missionId: 1_000 + reward, customerId: 3, reason: "revoked")
        try await apply([envelope(RewardEventType.exchangeRejected, rejection)])
    }

    private func apply(_ events: [EventEnvelope]) async throws {
        _ = try await GiftEvents.handler(pool: pool, store: store).apply(events)
    }

    private func envelope(_ type: RewardEventType, _ data: some EventData) -> EventEnvelope {
        EventEnvelope(
            id: UUIDv7.make(), type: type.rawValue, source: "/game/reward", subject: nil, time: .now,
            correlationID: "test", trace: TraceContext(), data: JSON.encode(data), topic: Aggregate.reward.topic,
            partition: 0, offset: 0)
    }

    /// The types of the events in the outbox, in the order of the log.
    func told() async throws -> [String] {
        try await pool.run { try $0.query("SELECT type FROM outbox ORDER BY seq").map { try $0.string(0) } }
    }

    /// The keys of what telegram is asked for by events, in the order of the log.
    func keys() async throws -> [String] {
        try await pool.run { connection in
            let rows = try connection.query(
                "SELECT payload FROM outbox WHERE type = 'NotificationRequested' ORDER BY seq")
            return try rows.map { try JSON.decode(NotificationRequest.self, from: try $0.bytes(0)).key }
        }
    }
}

/// A telegram in memory.
final class FakeMessenger: Messenger {
    private struct Away: Error {}
    private let state = Mutex((keys: [String](), fails: false, isResting: false))

    var keys: [String] { state.withLock { $0.keys } }
    var isResting: Bool { state.withLock { $0.isResting } }
    func fail(_ fails: Bool, resting: Bool = false) {
        state.withLock { state in
            state.fails = fails
            state.isResting = resting
        }
    }

    func send(_ message: CustomerMessage, _ context: WriteContext) async throws -> MessageStatus {
        try state.withLock { state in
            state.keys.append(message.key)
            if state.fails { throw Away() }
            return .sent
        }
    }
}
