import Foundation
import Glibc
import KafkaDevBroker
import Orders
import Redis
import TestSupport

/// The order pipeline as its users run it: real executables, a Redis of its own, and a broker when orders go by Kafka.
final class OrderPipeline: Sendable {
    enum Via: String, Sendable, CaseIterable { case redis, kafka }

    let via: Via
    let folder: URL
    let http = TestHTTP()
    let redis: OwnRedis
    let collector: Replica
    let statistics: Replica
    let dashboard: Replica
    private let broker: DevBroker?

    /// Starts everything; the file that is followed does not exist yet.
    ///
    /// - Parameter certificates: With them Redis speaks TLS alone.
    init(
        _ via: Via, settings: [String: String] = [:], yaml: String? = nil, withDashboard: Bool = false,
        certificates: TestCertificates? = nil
    ) async throws {
        guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
        self.via = via
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("orders-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        redis = try await OwnRedis(folder: folder, certificates: certificates)
        broker = via == .kafka ? try DevBroker() : nil
        try broker?.createTopic("orders", partitions: 4)
        var environment = [
            "REDIS_URL": redis.url, "ORDERS_VIA": via.rawValue, "SHUTDOWN_DRAIN": "0s", "LOG_FORMAT": "text",
            "ORDERS_FILE": folder.appendingPathComponent("orders.jsonl").path,
            "COLLECTOR_STATE": folder.appendingPathComponent("state").path,
        ]
        if let broker {
            environment["KAFKA_BROKERS"] = broker.bootstrap
            environment["KAFKA_SESSION_TIMEOUT"] = "4s"
            environment["KAFKA_PROPERTIES"] = "fetch.wait.max.ms=2;heartbeat.interval.ms=300"
        }
        if let yaml {
            let file = folder.appendingPathComponent("collector.yaml")
            try yaml.write(to: file, atomically: true, encoding: .utf8)
            environment["COLLECTOR_CONFIG"] = file.path
        }
        environment.merge(settings) { $1 }
        let (folder, common) = (folder, environment)
        func replica(_ name: String) throws -> Replica {
            let port = try FreePort.any()
            return Replica(
                name: name, executable: "\(bin)/\(name)", arguments: ["serve"], port: port,
                environment: common.merging(["HTTP_PORT": "\(port)"]) { $1 }, folder: folder)
        }
        collector = try replica("order-collector")
        statistics = try replica("order-statistics")
        dashboard = try replica("order-dashboard")
        for service in withDashboard ? [collector, statistics, dashboard] : [collector, statistics] {
            try service.start()
            try await service.waitUntilReady(http)
        }
    }

    var orders: URL { folder.appendingPathComponent("orders.jsonl") }
    /// Whether something has been written under that name.
    var hasOrders: Bool { ((try? Data(contentsOf: orders)) ?? Data()).contains(0x0A) }

    /// Starts a generator that writes to the followed file.
    func generate(_ arguments: String...) throws -> ChildProcess {
        guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
        return try ChildProcess(
            "\(bin)/order-generator", ["--file", orders.path] + arguments, environment: [:],
            log: folder.appendingPathComponent("generator.log"))
    }

    /// Adds bytes to the end of the followed file.
    func append(_ text: String) throws { try append(Array(text.utf8)) }

    func append(_ bytes: [UInt8]) throws {
        let descriptor = open(orders.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        defer { Glibc.close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TestFailure("cannot write to \(orders.path)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until what has been counted is what the files hold, to the last order of every kind.
    func expectCounted(_ expected: OrderTally, within limit: Duration = .seconds(120)) async throws -> OrderTally {
        var counted = OrderTally()
        _ = await eventually(within: limit, every: .milliseconds(100)) {
            counted = (try? await redis.tally()) ?? OrderTally()
            return counted == expected
        }
        return counted
    }

    /// Takes away what the collector delivers to.
    func cutSink() async throws {
        if let broker { try broker.setDown(true) } else { await redis.stop() }
    }

    func restoreSink() async throws {
        if let broker { try broker.setDown(false) } else { try await redis.start() }
    }

    /// The files that were ever followed under this name.
    func files() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("orders.jsonl") }
    }

    func close() async {
        for service in [dashboard, collector, statistics] { service.kill() }
        await redis.close()
        broker?.close()
        await http.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Runs a test with a pipeline, and ends it whatever happens.
func withPipeline(
    _ via: OrderPipeline.Via, settings: [String: String] = [:], yaml: String? = nil, withDashboard: Bool = false,
    certificates: TestCertificates? = nil, _ body: (OrderPipeline) async throws -> Void
) async throws {
    let pipeline = try await OrderPipeline(
        via, settings: settings, yaml: yaml, withDashboard: withDashboard, certificates: certificates)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(pipeline))
    } catch {
        outcome = .failure(error)
    }
    await pipeline.close()
    try outcome.get()
}
