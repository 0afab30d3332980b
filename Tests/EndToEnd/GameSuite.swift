import Foundation
import KafkaDevBroker
import TestSupport

/// The suite as its users run it: real executables, real stores, a broker, and the Telegram sandbox.
final class GameSuite: Sendable {
    static let services = ["mission", "reward", "telegram", "gift", "mypage"]
    /// Settings of the development broker, see `infra/local/environment.sh`.
    private static let brokerTuning = [
        "KAFKA_SESSION_TIMEOUT": "4s", "KAFKA_PROPERTIES": "fetch.wait.max.ms=2;heartbeat.interval.ms=300",
    ]

    let broker: DevBroker
    let sandbox: Replica
    let http = TestHTTP()
    private let replicas: [String: [Replica]]
    let folder: URL
    let databases: [String: ServiceDatabase]

    /// Starts everything and waits until it is ready.
    ///
    /// - Parameter settings: Variables for one service, by its name.
    init(replicas count: Int = 1, settings: [String: [String: String]] = [:]) async throws {
        guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("game-suite-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        broker = try DevBroker()
        for topic in Self.topics.flatMap({ [$0, "\($0).dlq"] }) { try broker.createTopic(topic) }
        let token = "123456:test-token"
        let sandboxPort = try FreePort.any()
        sandbox = Replica(
            name: "telegram-sandbox", executable: "\(bin)/telegram-sandbox",
            arguments: ["--port", "\(sandboxPort)"], port: sandboxPort, environment: ["TELEGRAM_BOT_TOKEN": token],
            folder: folder)
        databases = try await Self.makeDatabases()
        var replicas: [String: [Replica]] = [:]
        for service in Self.services {
            for index in 0..<count {
                let port = try FreePort.any()
                var environment = Self.brokerTuning
                environment["HTTP_PORT"] = "\(port)"
                environment["DATABASE_URL"] = databases[service]?.url
                environment["KAFKA_BROKERS"] = broker.bootstrap
                environment["AUTH"] = "off"
                environment["SHUTDOWN_DRAIN"] = "1s"
                environment["TELEGRAM_API_URL"] = "http://127.0.0.1:\(sandboxPort)"
                environment["TELEGRAM_BOT_TOKEN"] = token
                environment["TELEGRAM_WEBHOOK_SECRET"] = "webhook-secret"
                environment["LINK_CODE_SECRET"] = "a-secret-of-thirty-two-characters"
                if service == "gift", let telegrams = replicas["telegram"] {
                    environment["TELEGRAM_URL"] = telegrams[index].url
                }
                environment.merge(settings[service] ?? [:]) { $1 }
                replicas[service, default: []].append(
                    Replica(
                        name: "\(service)-\(index)", executable: "\(bin)/\(service)", arguments: ["serve"],
                        port: port, environment: environment, ownerURL: databases[service]?.ownerURL, folder: folder))
            }
        }
        self.replicas = replicas
        try await start()
    }

    /// A new database for each service.
    private static func makeDatabases() async throws -> [String: ServiceDatabase] {
        try await withThrowingTaskGroup(of: (String, ServiceDatabase).self) { group in
            for service in services {
                group.addTask {
                    let database =
                        service == "mypage"
                        ? try await ServiceDatabase.mariadb(service) : try await ServiceDatabase.postgres(service)
                    return (service, database)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func start() async throws {
        try sandbox.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in Self.services { group.addTask { try await self[service].migrate() } }
            try await group.waitForAll()
        }
        for replica in all { try replica.start() }
        for replica in all { try await replica.waitUntilReady(http) }
        for replica in all { try await replica.waitUntilJoined(http) }
        let isUp = await eventually { (try? await http.get("\(sandbox.url)/messages"))?.status == 200 }
        guard isUp else { throw TestFailure("the sandbox does not answer: \(sandbox.tail)") }
    }

    /// The first replica of a service.
    subscript(service: String) -> Replica { replicas[service]![0] }

    func replicas(of service: String) -> [Replica] { replicas[service] ?? [] }

    var all: [Replica] { Self.services.flatMap { replicas[$0] ?? [] } }

    /// One more replica of a service with some variables changed; not started, and not ended by ``stop()``.
    func copy(of service: String, port: Int, overriding changes: [String: String] = [:]) -> Replica {
        self[service].copy(
            name: "\(service)-\(port)", port: port, overriding: changes.merging(["HTTP_PORT": "\(port)"]) { $1 })
    }

    /// Links a chat of the same number to each customer.
    func linkChats(_ customers: ClosedRange<Int64>) async throws {
        for customer in customers {
            let answer = try await http.send(
                "PUT", "\(self["telegram"].url)/chats/\(customer)", #"{"chatId": \#(customer)}"#)
            guard (200...201).contains(answer.status) else {
                throw TestFailure("link: \(answer.status) \(answer.text)")
            }
        }
    }

    /// Ends every process; keeps the logs only when `keepLogs` is set.
    func stop() async {
        for replica in all + [sandbox] { replica.kill() }
        await http.close()
        broker.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Runs `body` with a suite and ends the suite whatever happens.
func withSuite(
    replicas: Int = 1, settings: [String: [String: String]] = [:], _ body: (GameSuite) async throws -> Void
) async throws {
    let suite = try await GameSuite(replicas: replicas, settings: settings)
    let outcome: Result<Void, any Error>
    do {
        try await body(suite)
        outcome = .success(())
    } catch {
        for replica in suite.all { print("--- \(replica.name)\n\(replica.tail)") }
        outcome = .failure(error)
    }
    await suite.stop()
    try outcome.get()
}
