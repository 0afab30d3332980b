import Foundation
import Postgres
import TestSupport

/// The executable `event-listener` with a database and a folder of its own, behind a proxy that can cut the database off.
final class EventListener: Sendable {
    let replica: Replica
    let pool: PostgresPool
    let proxy: TCPProxy
    let folder: URL
    let database: ServiceDatabase
    let http = TestHTTP()

    var url: String { replica.url }
    var recovery: String { folder.appendingPathComponent("recovery").path }

    /// Brings the schema up to date and starts it.
    ///
    /// - Parameter command: What to run in front of the executable, with its arguments.
    init(_ settings: [String: String] = [:], command: [String] = []) async throws {
        guard let bin = TestEnvironment.executables else { throw TestFailure("SUITE_BIN is not set") }
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("event-listener-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try await ServiceDatabase.postgres("eventlog")
        pool = PostgresPool(
            try PostgresConfiguration(url: database.adminURL), connections: 2, logger: TestDatabase.quiet)
        proxy = try TCPProxy(before: database.adminURL)
        let port = try FreePort.any()
        let environment = [
            "HTTP_PORT": "\(port)", "DATABASE_URL": proxy.url(of: database.url), "KAFKA_BROKERS": "127.0.0.1:1",
            "RECOVERY_DIR": folder.appendingPathComponent("recovery").path, "SHUTDOWN_DRAIN": "0s",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        ].merging(settings) { $1 }
        let executable = "\(bin)/event-listener"
        let words = command.isEmpty ? [executable, "serve"] : command + [executable, "serve"]
        replica = Replica(
            name: "event-listener", executable: words[0], arguments: Array(words.dropFirst()), port: port,
            environment: environment, folder: folder)
        let migrate = try ChildProcess(
            executable, ["migrate"],
            environment: environment.merging(["MIGRATION_DATABASE_URL": database.ownerURL]) { $1 },
            log: folder.appendingPathComponent("migrate.log"))
        guard await eventually(within: .seconds(120), { !migrate.isRunning }), migrate.exitStatus == 0 else {
            throw TestFailure("migrate failed: \(migrate.tail())")
        }
        try replica.start()
        try await replica.waitUntilReady(http)
    }

    /// Another replica with the same database, to be started and ended by the test.
    func another() throws -> Replica {
        let port = try FreePort.any()
        return replica.copy(
            name: "event-listener-2", port: port, overriding: ["HTTP_PORT": "\(port)", "DATABASE_URL": database.url])
    }

    func close() async {
        proxy.hang(false)
        proxy.isDown = false
        await replica.terminate()
        await http.close()
        await pool.close()
        proxy.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Runs a subcommand and returns what it printed.
    func run(_ subcommand: String) async throws -> String {
        let child = try replica.command(subcommand)
        guard await eventually(within: .seconds(120), { !child.isRunning }), child.exitStatus == 0 else {
            throw TestFailure("\(subcommand) failed: \(child.tail())")
        }
        return child.tail()
    }

    /// How often each uuid is stored.
    func stored() async throws -> [UUID: Int] {
        let uuids = try await pool.run { try $0.query("SELECT uuid FROM apilog.api_event_log").map { try $0.uuid(0) } }
        return uuids.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    func count() async throws -> Int {
        try await pool.run { Int(try $0.query("SELECT count(*) FROM apilog.api_event_log")[0].int64(0)) }
    }

    /// Resident memory in bytes.
    var memory: Int { replica.memory }

    static func event(_ uuid: UUID, padding: Int = 0) -> String {
        #"{"uuid":"\#(uuid)","event_type":"load","event_action":"sent","event_ver":"1","payload":"#
            + #"{"text":"\#(String(repeating: "x", count: padding))"}}"#
    }
}

/// Runs `body` with a running event-listener and ends it afterwards.
func withListener(
    _ settings: [String: String] = [:], command: [String] = [], _ body: (EventListener) async throws -> Void
) async throws {
    let listener = try await EventListener(settings, command: command)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(listener)) } catch { outcome = .failure(error) }
    await listener.close()
    try outcome.get()
}
