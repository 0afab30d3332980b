import Contracts
import Foundation
import KafkaDevBroker
import Outbox
import Postgres
import ServiceRuntime
import TestSupport
import Testing

@testable import BypassQueueService

/// Expects that a condition comes to hold.
func soon(
    within limit: Duration = .seconds(60), _ sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let holds = try await eventually(within: limit, condition)
    #expect(holds, "the condition does not come to hold", sourceLocation: sourceLocation)
}

/// The whole service over HTTP, with a real database, a broker and a receiver on a socket.
struct RunningQueue: Sendable {
    let url: String
    let receiver: CallbackServer
    /// The URL of its database.
    let database: String
    let pool: PostgresPool
    let http = TestHTTP()

    static func with(
        _ changes: [String: String] = [:], hasBroker: Bool = true,
        reply: @escaping @Sendable (CallbackServer.Callback) -> CallbackServer.Reply = { _ in .ok },
        _ body: (RunningQueue) async throws -> Void
    ) async throws {
        let receiver = try CallbackServer(reply)
        // Without a broker events stay in the outbox, where a test can read them.
        let broker = hasBroker ? try DevBroker() : nil
        defer { broker?.close() }
        let database = try await TestDatabase.postgres("bypass")
        let pool = PostgresPool(try PostgresConfiguration(url: database), connections: 1, logger: TestDatabase.quiet)
        let files = OutboxSchema.migrations + BypassQueueService.migrations
        _ = try await pool.run { try PostgresMigrator(files: files).run(on: $0, logger: TestDatabase.quiet) }
        var environment = [
            "DATABASE_URL": database, "KAFKA_BROKERS": broker?.bootstrap ?? "127.0.0.1:1", "HTTP_PORT": "0",
            "SHUTDOWN_DRAIN": "0s",
            "CALLBACK_ALLOW": "127.0.0.1", "RETRY_BASE": "50ms", "RETRY_LIMIT": "200ms",
            // A receiver that is slow because the machine is must not be asked twice.
            "LEASE": "60s", "CALLBACK_TIMEOUT": "20s",
        ]
        environment.merge(changes) { $1 }
        var settings = SettingsReader(environment: environment)
        let application = try ServiceApplication(
            BypassQueueService.self, configuration: try BypassQueueConfiguration(&settings),
            logger: TestDatabase.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let hasEnded = SharedFlag()
            group.addTask {
                defer { hasEnded.set() }
                try await application.run()
            }
            let outcome: Result<Void, any Error>
            do {
                let port = try #require(await application.port())
                let running = RunningQueue(
                    url: "http://127.0.0.1:\(port)", receiver: receiver, database: database, pool: pool)
                try await soon { try await running.http.get(running.url + "/readyz").status == 200 }
                outcome = .success(try await body(running))
            } catch {
                outcome = .failure(error)
            }
            receiver.stop()
            application.shutDown(drain: .zero)
            _ = await eventually { hasEnded.isSet }
            group.cancelAll()
            try? await group.waitForAll()
            await pool.close()
            try outcome.get()
        }
    }

    struct Receipt: Decodable, Sendable, Equatable {
        let id: Int64
        let group: String
        let sequence: Int
    }

    struct State: Decodable, Sendable {
        let group: String
        let state: String
        let depth: Int
        let oldestAge: Double?
        let inFlight: Int
        let nextAttempt: String?
        let attempts: Int
        let reason: String?
        let deadLetters: Int
    }

    struct Message: Decodable, Sendable {
        struct Attempt: Decodable, Sendable {
            let number: Int
            let time: String
            let statusCode: Int?
            let duration: Double
            let reason: String?
            let answer: String
        }
        let status: String
        let webhookId: String
        let sequence: Int
        let attempts: [Attempt]
    }

    struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
        let items: [Item]
        let next: String?
    }

    struct DeadLetter: Decodable, Sendable {
        let id: Int64
        let group: String
        let webhookId: String
        let attempts: Int
        let statusCode: Int?
        let reason: String
    }

    struct Problem: Decodable, Sendable {
        let type: String
        let detail: String
    }

    /// Sends bytes as a sender does it.
    func send(
        _ group: String, _ body: [UInt8], _ headers: [String: String] = [:], path: String? = nil
    ) async throws -> TestHTTP.Answer {
        var headers = headers
        if headers["Callback-Url"] == nil, path == nil { headers["Callback-Url"] = receiver.url + "/hook" }
        return try await http.post(bytes: body, to: url + (path ?? "/queues/\(group)/messages"), headers: headers)
    }

    /// Sends a text that must be accepted.
    @discardableResult
    func accept(_ group: String, _ text: String, _ headers: [String: String] = [:]) async throws -> Receipt {
        let answer = try await send(group, Array(text.utf8), headers)
        guard answer.status == 202 else { throw TestFailure("\(answer.status) \(answer.text)") }
        return try answer.decode()
    }

    func put(_ group: String, _ json: String) async throws -> TestHTTP.Answer {
        try await http.send("PUT", "\(url)/queues/\(group)", json)
    }

    func state(_ group: String) async throws -> State { try await http.get("\(url)/queues/\(group)/state").decode() }

    func message(_ group: String, _ id: Int64) async throws -> Message {
        try await http.get("\(url)/queues/\(group)/messages/\(id)").decode()
    }

    @discardableResult
    func command(_ group: String, _ name: String) async throws -> State {
        let answer = try await http.send("POST", "\(url)/queues/\(group)/\(name)", nil)
        guard answer.status == 200 else { throw TestFailure("\(answer.status) \(answer.text)") }
        return try answer.decode()
    }

    func deadLetters(_ group: String) async throws -> [DeadLetter] {
        try await http.get("\(url)/dead-letters?group=\(group)").decode(Page<DeadLetter>.self).items
    }

    /// Status and number of attempts of every event in the outbox, by message.
    func events() async throws -> [(type: String, key: String, data: CallbackData)] {
        try await pool.run { connection in
            try connection.query("SELECT type, key, payload FROM outbox ORDER BY seq").map { row in
                (try row.string(0), try row.string(1), try JSON.decode(CallbackData.self, from: try row.bytes(2)))
            }
        }
    }
}
