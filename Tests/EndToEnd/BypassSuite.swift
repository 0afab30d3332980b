import Foundation
import KafkaDevBroker
import Postgres
import TestSupport
import Testing

/// Replicas of bypass-queue, the sample receiver that refuses what is stale, and a broker.
final class BypassSuite: Sendable {
    /// A callback as the receiver saw it.
    struct Seen: Decodable, Sendable {
        let id: Int
        let group: String
        let sequence: Int64
        let epoch: Int64
        let attempt: Int
        let webhookId: String
        let verdict: String
        let startedAt: Int64
        let endedAt: Int64?
    }

    private struct Items: Decodable { let items: [Seen] }
    private struct Summary: Decodable { let acted: Int }

    let broker: DevBroker
    let receiver: Replica
    let replicas: [Replica]
    let database: ServiceDatabase
    let http = TestHTTP()
    let folder: URL

    init(replicas count: Int, settings: [String: String]) async throws {
        guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("bypass-suite-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        broker = try DevBroker()
        try broker.createTopic("game.bypass")
        database = try await ServiceDatabase.postgres("bypass")
        let port = try FreePort.any()
        receiver = Replica(
            name: "receiver", executable: "\(bin)/callback-receiver", arguments: ["--port", "\(port)"], port: port,
            environment: [:], folder: folder)
        var environment = [
            "DATABASE_URL": database.url, "KAFKA_BROKERS": broker.bootstrap, "CALLBACK_ALLOW": "127.0.0.1",
            "SHUTDOWN_DRAIN": "100ms", "LEASE": "2s", "CALLBACK_TIMEOUT": "1s", "RETRY_BASE": "50ms",
            "RETRY_LIMIT": "500ms",
        ]
        environment.merge(settings) { $1 }
        var replicas: [Replica] = []
        for index in 0..<count {
            let port = try FreePort.any()
            replicas.append(
                Replica(
                    name: "bypass-\(index)", executable: "\(bin)/bypass-queue", arguments: ["serve"], port: port,
                    environment: environment.merging(["HTTP_PORT": "\(port)"]) { $1 }, ownerURL: database.ownerURL,
                    folder: folder))
        }
        self.replicas = replicas
        try receiver.start()
        try await replicas[0].migrate()
        for replica in replicas { try replica.start() }
        for replica in replicas { try await replica.waitUntilReady(http) }
        let isUp = await eventually { (try? await http.get("\(receiver.url)/callbacks"))?.status == 200 }
        guard isUp else { throw TestFailure("the receiver does not answer: \(receiver.tail)") }
    }

    func stop() async {
        for replica in replicas + [receiver] {
            replica.signal(SIGCONT)
            replica.kill()
        }
        await http.close()
        broker.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func behave(_ json: String) async throws {
        let answer = try await http.send("PUT", "\(receiver.url)/behaviour", json)
        guard answer.status == 200 else { throw TestFailure("behaviour: \(answer.status)") }
    }

    /// Everything that the receiver saw, in the order in which it came.
    func seen() async throws -> [Seen] {
        var all: [Seen] = []
        while true {
            let answer = try await http.get("\(receiver.url)/callbacks?limit=3000&after=\(all.last?.id ?? 0)")
            let items = try answer.decode(Items.self).items
            if items.isEmpty { return all }
            all += items
        }
    }

    /// Runs a statement as the databases' superuser.
    func sql(_ statement: String) async throws {
        try await PostgresPool.with(try PostgresConfiguration(url: database.adminURL), logger: TestDatabase.quiet) {
            pool in
            try await pool.run { try $0.script(statement) }
        }
    }

    /// Sends a message until some replica accepts it, always with the same id.
    func post(_ group: String, _ id: String, first: Int = .random(in: 0..<100)) async throws {
        var attempt = first
        let isAccepted = await eventually(within: .seconds(60), every: .milliseconds(20)) {
            let replica = replicas[attempt % replicas.count]
            attempt += 1
            let answer = try? await http.send(
                "POST", "\(replica.url)/queues/\(group)/messages", #"{"event": "\#(id)"}"#,
                headers: ["Callback-Url": "\(receiver.url)/hook", "Webhook-Id": id], timeout: .seconds(2))
            return answer?.status == 202
        }
        guard isAccepted else { throw TestFailure("nobody accepts \(id)") }
    }

    /// Sends `count` messages to each group, one after another within a group.
    func load(groups: Int, count: Int, prefix: String = "group") async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for group in 0..<groups {
                tasks.addTask { [self] in
                    for number in 1...count { try await post("\(prefix)-\(group)", "\(prefix)-\(group)-\(number)") }
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// How many callbacks the receiver has acted on.
    func acted() async throws -> Int {
        try await http.get("\(receiver.url)/summary").decode(Summary.self).acted
    }

    /// Waits until so many different messages were acted on.
    func waitForDelivery(of count: Int, within limit: Duration) async throws {
        let isComplete = try await eventually(within: limit, every: .milliseconds(300)) {
            try await acted() >= count
        }
        if !isComplete {
            for replica in replicas { print("--- \(replica.name)\n\(replica.tail)") }
            let found = try await http.get("\(receiver.url)/summary").text
            Issue.record("only \(found) of \(count) were delivered")
        }
    }

    /// In each group: in order, one at a time, nothing missing, and repeats only with the same id and a higher epoch.
    ///
    /// - Parameter mayRetry: An owner that was merely stopped, and whose group nobody has taken meanwhile, tries the
    ///   callback again whose answer it missed: the same epoch, a higher attempt.
    func expectOrder(
        _ seen: [Seen], groups: Int, count: Int, prefix: String = "group", mayRetry: Bool = false
    ) {
        let byGroup = Dictionary(grouping: seen.filter { $0.verdict != "refused" }, by: \.group)
        for number in 0..<groups {
            let callbacks = byGroup["\(prefix)-\(number)"] ?? []
            var ids: [String] = []
            for (index, callback) in callbacks.enumerated() {
                if index > 0 {
                    let before = callbacks[index - 1]
                    #expect((before.endedAt ?? .max) <= callback.startedAt, "two at once: \(before) \(callback)")
                    if before.webhookId == callback.webhookId {
                        let isRetry = mayRetry && callback.epoch == before.epoch && callback.attempt > before.attempt
                        #expect(
                            callback.epoch > before.epoch || isRetry, "a repeat within an epoch: \(before) \(callback)")
                        #expect(callback.sequence == before.sequence)
                        continue
                    }
                    #expect(callback.sequence == before.sequence + 1, "out of order: \(before) \(callback)")
                    #expect(callback.epoch >= before.epoch)
                }
                ids.append(callback.webhookId)
            }
            #expect(ids == (1...count).map { "\(prefix)-\(number)-\($0)" }, "group \(number)")
        }
    }
}

func withBypass(
    replicas: Int, settings: [String: String] = [:], _ body: (BypassSuite) async throws -> Void
) async throws {
    let suite = try await BypassSuite(replicas: replicas, settings: settings)
    let outcome: Result<Void, any Error>
    do {
        try await body(suite)
        outcome = .success(())
    } catch {
        for replica in suite.replicas { print("--- \(replica.name)\n\(replica.tail)") }
        outcome = .failure(error)
    }
    await suite.stop()
    try outcome.get()
}
