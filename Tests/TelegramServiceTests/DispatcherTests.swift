import Contracts
import Foundation
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import TelegramService

/// The dispatcher on a real database, with a Bot API in memory.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct DispatcherTests {
    private let quick = BotLimits(rate: 10_000, chatRate: 1000, groupRate: 60_000)

    /// Runs dispatchers, as replicas of one another, while `body` runs.
    private func with(
        _ store: TestStore, _ api: FakeBotAPI, replicas: Int = 1, limits: BotLimits? = nil,
        _ body: (SubmitMessage) async throws -> Void
    ) async throws {
        let desks = (0..<replicas).map { _ in SendDesk(capacity: 8) }
        let limits = limits ?? quick
        let logger = TestDatabase.quiet
        try await withThrowingTaskGroup(of: Void.self) { group in
            for desk in desks {
                let dispatcher = Dispatcher(
                    queue: store.queue, api: api,
                    deliver: DeliverMessage(
                        api: api, queue: store.queue, rules: SettlementRules(limits: limits), logger: logger),
                    desk: desk, poll: .milliseconds(20), probeTimeout: .seconds(1), logger: logger)
                group.addTask { try await dispatcher.run() }
            }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(SubmitMessage(repository: store.messages, desk: desks[0])))
            } catch {
                outcome = .failure(error)
            }
            for desk in desks { desk.close() }
            try await group.waitForAll()
            try outcome.get()
        }
    }

    private func message(_ key: String, customer: Int64 = 5) throws -> NewMessage {
        try NewMessage(key: key, customerId: customer, text: key)
    }

    @Test func `two replicas send each message once, a chat's in order and one at a time`() async throws {
        try await TestStore.with { store in
            for customer in 1...10 as ClosedRange<Int64> { try await store.link(customer, customer) }
            let events = (1...500).map {
                EventEnvelope.mission(.sample(id: Int64($0), customer: Int64($0 % 10) + 1, rewardId: 1))
            }
            let api = FakeBotAPI { _, _ in
                try? await Task.sleep(for: .milliseconds(1))
                return .delivered
            }
            try await with(store, api, replicas: 2) { _ in
                _ = try await store.take(events)
                try await soon { try await store.count(.sent) == 500 }
            }
            #expect(Set(api.texts).count == 500 && api.sent.count == 500)
            #expect(api.mostInAChat == 1 && api.mostAtOnce <= 16)
            for chat in Set(api.sent.map(\.chat)) {
                let numbers = api.sent.filter { $0.chat == chat }.map { $0.text.split(separator: " ")[2] }
                #expect(numbers == numbers.sorted { Int($0) ?? 0 < Int($1) ?? 0 })
            }
            #expect(try await store.told().values.allSatisfy { $0 == ["Queued 1", "Sent 2"] })
        }
    }

    @Test func `a message to an idle chat is sent at once and answered with its outcome`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let api = FakeBotAPI { _, text in text == "bad" ? .refused("400: no") : .delivered }
            try await with(store, api) { submit in
                guard case .done(let message) = try await submit(try message("one"), WriteContext()) else {
                    Issue.record("not sent at once")
                    return
                }
                #expect(message.status == .sent && message.version == 2 && api.texts == ["one"])
                guard case .known(let known) = try await submit(try self.message("one"), WriteContext()) else {
                    Issue.record("a known key is taken for a new one")
                    return
                }
                #expect(known == message && api.texts == ["one"])
                _ = try await eventually { try await store.queue.nextReady() == nil }
                guard case .done(let bad) = try await submit(try self.message("bad"), WriteContext()) else {
                    Issue.record("not tried at once")
                    return
                }
                #expect(bad.status == .failed && bad.reason == "400: no")
            }
        }
    }

    @Test func `a message to a busy chat is queued and answered at once`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let limits = BotLimits(rate: 10_000, chatRate: 0.2, groupRate: 20)
            try await with(store, FakeBotAPI(), limits: limits) { submit in
                _ = try await submit(try message("one"), WriteContext())
                guard case .queued(let message) = try await submit(try message("two"), WriteContext()) else {
                    Issue.record("sent although the chat has to rest")
                    return
                }
                #expect(message.status == .queued)
                try await soon { try await store.messages.find(message.id).status == .sent }
            }
        }
    }

    @Test func `a message without a chat is answered as such`() async throws {
        try await TestStore.with { store in
            try await with(store, FakeBotAPI()) { submit in
                guard case .done(let message) = try await submit(try message("one"), WriteContext()) else {
                    Issue.record("queued without a chat")
                    return
                }
                #expect(message.status == .unlinked)
            }
        }
    }

    @Test func `each kind of failure ends as it should`() async throws {
        try await TestStore.with { store in
            let results: [Int64: SendResult] = [
                1: .blocked("403"), 2: .refused("400"), 3: .lost("no answer"), 4: .delivered,
            ]
            for customer in results.keys { try await store.link(customer, customer) }
            let api = FakeBotAPI { chat, _ in results[chat] ?? .delivered }
            var ids: [Int64: Int64] = [:]
            for customer in results.keys { ids[customer] = try await store.queue(["x"], customer: customer)[0] }
            try await with(store, api) { _ in
                try await soon { try await store.count(.queued) == 0 }
                try await soon { api.probes >= 1 }
            }
            let statuses: [Int64: MessageStatus] = [1: .blocked, 2: .failed, 3: .uncertain, 4: .sent]
            for (customer, id) in ids { #expect(try await store.messages.find(id).status == statuses[customer]) }
        }
    }

    @Test func `while the Bot API is away nothing is lost, and all goes out when it is back`() async throws {
        try await TestStore.with { store in
            for customer in 1...20 as ClosedRange<Int64> {
                try await store.link(customer, customer)
                try await store.queue(["x", "y"], customer: customer)
            }
            let isAway = Mutex(true)
            let api = FakeBotAPI { _, _ in
                isAway.withLock { $0 } ? .notSent("away", isPeerAway: true) : .delivered
            }
            api.setFault("away")
            try await with(store, api) { _ in
                try await soon { api.probes >= 1 }
                #expect(api.sent.isEmpty)
                isAway.withLock { $0 = false }
                api.setFault(nil)
                try await soon { try await store.count(.sent) == 40 }
            }
            #expect(api.sent.count == 40)
        }
    }

    @Test func `a server that fails for a while gets the message in the end`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let attempts = Mutex(0)
            let api = FakeBotAPI { _, _ in
                attempts.withLock { count in
                    count += 1
                    return count < 3
                } ? .serverError("500") : .delivered
            }
            let id = try await store.queue(["x"])[0]
            try await with(store, api) { _ in
                try await soon { try await store.messages.find(id).status == .sent }
            }
            #expect(api.sent.count == 1 && attempts.withLock { $0 } == 3)
        }
    }

    @Test func `the parts of a long text arrive in order, once each, as one message`() async throws {
        try await TestStore.with { store in
            try await store.link(5, 55)
            let parts = ["a", "b", "c", "d"].map { String(repeating: $0, count: 4000) }
            let id = try await store.queue([parts.joined(separator: "\n"), "after"])[0]
            let api = FakeBotAPI()
            try await with(store, api) { _ in
                try await soon { try await store.count(.sent) == 2 }
            }
            #expect(api.texts == parts + ["after"])
            #expect(try await store.told()[id] == ["Queued 1", "Sent 2"])
        }
    }

    @Test func `a replica that stops finishes what it has begun and claims nothing more`() async throws {
        try await TestStore.with { store in
            for customer in 1...30 as ClosedRange<Int64> {
                try await store.link(customer, customer)
                try await store.queue(["x"], customer: customer)
            }
            let begun = Mutex(0)
            let isOver = SharedFlag()
            let api = FakeBotAPI { _, _ in
                begun.withLock { $0 += 1 }
                // None is through before the replica stops, which it does when `body` is over.
                _ = await eventually { isOver.isSet }
                try? await Task.sleep(for: .seconds(1))
                return .delivered
            }
            try await with(store, api) { _ in
                try await soon { begun.withLock { $0 } >= 7 }
                isOver.set()
            }
            let sent = try await store.count(.sent)
            #expect(sent == api.sent.count && sent <= 8)
            #expect(try await store.count(.queued) == 30 - sent)
            #expect(try await store.count(.uncertain) == 0)
        }
    }
}
