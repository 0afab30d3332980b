import Contracts
import Foundation
import Messaging
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import TelegramService

/// Expects that a condition comes to hold.
func soon(
    _ sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let holds = try await eventually(within: .seconds(60), condition)
    #expect(holds, "the condition does not come to hold", sourceLocation: sourceLocation)
}

/// A database of a test's own with telegram's schema, and what stands on it.
struct TestStore: Sendable {
    let pool: PostgresPool
    let url: String
    let queue: PostgresSendQueue
    let messages: PostgresMessageRepository
    let chats: PostgresChatRepository
    let codes = LinkCodes(secret: Array("test".utf8), lifetime: .seconds(60))
    let desk = SendDesk(capacity: 16)

    /// Runs `body` with a new store and closes it afterwards.
    static func with<Value>(
        rate: Double = 10_000, lease: Duration = .seconds(15), timeout: Duration = .seconds(10),
        _ body: (TestStore) async throws -> Value
    ) async throws -> Value {
        let store = try await TestStore(rate: rate, lease: lease, timeout: timeout)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(store)) } catch { outcome = .failure(error) }
        await store.pool.close()
        return try outcome.get()
    }

    private init(rate: Double, lease: Duration, timeout: Duration) async throws {
        url = try await TestDatabase.postgres("telegram")
        pool = PostgresPool(try PostgresConfiguration(url: url), connections: 3, logger: TestDatabase.quiet)
        let files = OutboxSchema.migrations + TelegramService.migrations
        _ = try await pool.run { try PostgresMigrator(files: files).run(on: $0, logger: TestDatabase.quiet) }
        let claims = Claims(owner: "test", lease: lease, requestTimeout: timeout)
        queue = PostgresSendQueue(pool: pool, claims: claims, rate: rate)
        messages = PostgresMessageRepository(pool: pool, claims: claims, rate: rate)
        chats = PostgresChatRepository(pool: pool, codes: codes)
    }

    func link(_ customer: Int64, _ chat: Int64) async throws {
        _ = try await chats.change(.link(customerId: customer, chatId: chat), WriteContext())
    }

    /// Queues messages, one after another, and returns their ids.
    @discardableResult
    func queue(_ texts: [String], customer: Int64 = 5) async throws -> [Int64] {
        var ids: [Int64] = []
        for text in texts {
            let draft = try NewMessage(key: "key:\(customer):\(text.prefix(80))", customerId: customer, text: text)
            ids.append(try await messages.submit(draft, mayClaim: false, WriteContext()).id)
        }
        return ids
    }

    func take(_ events: [EventEnvelope]) async throws -> AppliedBatch {
        try await TelegramEvents(pool: pool, desk: desk).apply(events)
    }

    /// What the outbox tells of each message, in the order of the log: `Queued 1, Sent 2`.
    func told() async throws -> [Int64: [String]] {
        try await pool.run { connection in
            var told: [Int64: [String]] = [:]
            for row in try connection.query("SELECT payload FROM outbox ORDER BY seq") {
                let data = try JSON.decode(MessageData.self, from: try row.bytes(0))
                told[data.id, default: []].append("\(data.status.rawValue) \(data.version)")
            }
            return told
        }
    }

    func count(_ status: MessageStatus) async throws -> Int {
        try await pool.run { connection in
            let rows = try connection.query(
                "SELECT count(*) FROM messages WHERE status = $1", [.text(status.rawValue)])
            return Int(try rows[0].int64(0))
        }
    }

    func execute(_ sql: String, _ values: [PostgresValue] = []) async throws {
        _ = try await pool.run { try $0.execute(sql, values) }
    }
}

/// A Bot API in memory.
final class FakeBotAPI: BotAPI {
    struct Sent: Sendable, Hashable {
        let chat: Int64
        let text: String
        let at: ContinuousClock.Instant
    }

    private struct State {
        var sent: [Sent] = []
        var active: [Int64: Int] = [:]
        var mostAtOnce = 0
        var mostInAChat = 0
        var fault: String?
        var probes = 0
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Int64, String) async -> SendResult

    /// - Parameter answer: Decides on a text for a chat; what is not `delivered` or `lost` has not arrived.
    init(_ answer: @escaping @Sendable (Int64, String) async -> SendResult = { _, _ in .delivered }) {
        self.answer = answer
    }

    var sent: [Sent] { state.withLock { $0.sent } }
    var texts: [String] { sent.map(\.text) }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
    var mostInAChat: Int { state.withLock { $0.mostInAChat } }
    var probes: Int { state.withLock { $0.probes } }
    func setFault(_ fault: String?) { state.withLock { $0.fault = fault } }

    func send(_ text: String, chat: Int64, sendBefore: ContinuousClock.Instant) async -> SendResult {
        guard .now < sendBefore else { return .notSent("too late", isPeerAway: false) }
        state.withLock { state in
            state.active[chat, default: 0] += 1
            state.mostInAChat = max(state.mostInAChat, state.active[chat] ?? 0)
            state.mostAtOnce = max(state.mostAtOnce, state.active.values.reduce(0, +))
        }
        let result = await answer(chat, text)
        state.withLock { state in
            state.active[chat, default: 0] -= 1
            switch result {
            case .delivered, .lost: state.sent.append(Sent(chat: chat, text: text, at: .now))
            default: break
            }
        }
        return result
    }

    func probe() async -> String? {
        state.withLock { state in
            state.probes += 1
            return state.fault
        }
    }
}
