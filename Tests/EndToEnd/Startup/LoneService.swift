import Foundation
import KafkaDevBroker
import TestSupport

/// The executable of one service with a store and a broker of its own; a test can cut the store off before it starts.
final class LoneService: Sendable {
    enum Store: Sendable { case postgres, mariadb, redis }

    /// Every service and its store. `order-collector`, and `event-listener` unless told otherwise, serve without it: they
    /// have files of their own.
    static let stores: [String: Store] = [
        "mission": .postgres, "reward": .postgres, "gift": .postgres, "mypage": .mariadb, "telegram": .postgres,
        "event-listener": .postgres, "bypass-queue": .postgres, "order-collector": .redis,
        "order-statistics": .redis, "order-dashboard": .redis,
    ]
    static let names = stores.keys.sorted()
    static let withDatabase = names.filter { $0 != "order-collector" }

    let replica: Replica
    let proxy: TCPProxy
    let http = TestHTTP()
    private let broker: DevBroker
    private let redis: OwnRedis?
    private let folder: URL

    /// Makes the store and brings its schema up to date; nothing is started.
    private init(_ name: String, _ settings: [String: String]) async throws {
        guard let bin = TestEnvironment.executables, let store = Self.stores[name] else {
            throw TestFailure("SUITE_BIN is not set, or there is no \(name)")
        }
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("lone-\(name)-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        broker = try DevBroker()
        let address: String
        switch store {
        case .postgres: (redis, address) = (nil, try await TestDatabase.postgres(name.replacing("-", with: "_")))
        case .mariadb: (redis, address) = (nil, try await TestDatabase.mariadb(name))
        case .redis:
            let own = try await OwnRedis(folder: folder)
            (redis, address) = (own, own.url)
        }
        proxy = try TCPProxy(before: address)
        let port = try FreePort.any()
        replica = Replica(
            name: name, executable: "\(bin)/\(name)", arguments: ["serve"], port: port,
            environment: [
                store == .redis ? "REDIS_URL" : "DATABASE_URL": proxy.url(of: address),
                "HTTP_PORT": "\(port)", "KAFKA_BROKERS": broker.bootstrap, "SHUTDOWN_DRAIN": "0s", "AUTH": "off",
                "TELEGRAM_URL": "http://127.0.0.1:1", "TELEGRAM_API_URL": "http://127.0.0.1:1",
                "TELEGRAM_BOT_TOKEN": "123456:test-token", "TELEGRAM_WEBHOOK_SECRET": "webhook-secret",
                "LINK_CODE_SECRET": "a-secret-of-thirty-two-characters",
                "RECOVERY_DIR": folder.appendingPathComponent("recovery").path,
                "COLLECTOR_STATE": folder.appendingPathComponent("state").path,
                "ORDERS_FILE": folder.appendingPathComponent("orders.jsonl").path,
            ].merging(settings) { $1 }, folder: folder)
        if store != .redis { try await replica.migrate() }
    }

    func status(_ path: String) async -> Int? { (try? await http.get(replica.url + path))?.status }

    /// The time from exec to the first "ready"; the process is ended.
    func timeToReady() async throws -> Duration {
        let begin = ContinuousClock.now
        try replica.start()
        let isReady = await eventually(every: .milliseconds(1)) { await status("/readyz") == 200 }
        let time = ContinuousClock.now - begin
        guard isReady else { throw TestFailure("\(replica.name) is not ready: \(replica.tail)") }
        replica.kill()
        return time
    }

    /// Runs `body` with a service and ends it whatever happens.
    static func with(
        _ name: String, settings: [String: String] = [:], _ body: (LoneService) async throws -> Void
    ) async throws {
        let service = try await LoneService(name, settings)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(service))
        } catch {
            outcome = .failure(error)
        }
        service.replica.kill()
        await service.http.close()
        service.proxy.close()
        await service.redis?.close()
        service.broker.close()
        try? FileManager.default.removeItem(at: service.folder)
        try outcome.get()
    }
}
