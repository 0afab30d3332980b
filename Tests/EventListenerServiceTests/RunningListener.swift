import Foundation
import HTTPClient
import Logging
import Postgres
import ServiceRuntime
import TestSupport
import Testing

@testable import EventListenerService

/// The whole service in this process, with a database and a recovery folder of its own.
struct RunningListener: Sendable {
    let url: String
    let pool: PostgresPool
    let folder: String
    /// Between the service and its database.
    let proxy: TCPProxy
    let http = TestHTTP()
    let application: ServiceApplication

    /// Runs `body` with the service, and stops both afterwards.
    static func with(
        _ changes: [String: String] = [:], prepare: (PostgresPool) async throws -> Void = { _ in },
        _ body: (RunningListener) async throws -> Void
    ) async throws {
        let database = try await TestDatabase.postgres("eventlog")
        let folder = NSTemporaryDirectory() + "listener-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pool = PostgresPool(try PostgresConfiguration(url: database), connections: 2, logger: TestDatabase.quiet)
        let files = EventListenerService.migrations
        _ = try await pool.run { try PostgresMigrator(files: files).run(on: $0, logger: TestDatabase.quiet) }
        try await prepare(pool)
        let proxy = try TCPProxy(before: database)
        defer { proxy.close() }
        let environment = [
            "DATABASE_URL": proxy.url(of: database), "HTTP_PORT": "0", "RECOVERY_DIR": folder,
            "KAFKA_BROKERS": "127.0.0.1:1",
            "SHUTDOWN_DRAIN": "0s",
        ].merging(changes) { $1 }
        var settings = SettingsReader(environment: environment)
        let configuration = try EventListenerConfiguration(&settings)
        let application = try ServiceApplication(
            EventListenerService.self, configuration: configuration, logger: TestDatabase.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            let outcome: Result<Void, any Error>
            do {
                let port = try #require(await application.port())
                let running = RunningListener(
                    url: "http://127.0.0.1:\(port)", pool: pool, folder: folder, proxy: proxy, application: application)
                try await soon { try await running.get("/readyz").status == 200 }
                outcome = .success(try await body(running))
                await running.http.close()
            } catch {
                outcome = .failure(error)
            }
            proxy.hang(false)
            proxy.isDown = false
            application.shutDown(drain: .zero)
            try? await group.waitForAll()
            try outcome.get()
        }
        await pool.close()
    }

    func get(_ path: String) async throws -> TestHTTP.Answer { try await http.get(url + path) }

    func post(_ path: String, _ body: String, _ headers: [String: String] = [:]) async throws -> TestHTTP.Answer {
        try await http.post(url + path, body, headers: headers)
    }

    func lines(_ body: String, ack: String = "stored") async throws -> TestHTTP.Answer {
        try await post("/events?ack=\(ack)", body, ["content-type": "application/x-ndjson"])
    }

    /// How many rows the log has, of one type or of all.
    func count(type: String? = nil) async throws -> Int {
        try await pool.run { connection in
            let rows = try connection.query(
                "SELECT count(*) FROM apilog.api_event_log WHERE $1::text IS NULL OR event_type = $1",
                [.optional(type, PostgresValue.text)])
            return Int(try rows[0].int64(0))
        }
    }

    /// The uuids that are stored, each as often as it is.
    func uuids() async throws -> [UUID] {
        try await pool.run { try $0.query("SELECT uuid FROM apilog.api_event_log").map { try $0.uuid(0) } }
    }
}

/// Expects that a condition comes to hold.
func soon(
    within limit: Duration = .seconds(60), _ sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let holds = try await eventually(within: limit, condition)
    #expect(holds, "the condition does not come to hold", sourceLocation: sourceLocation)
}

/// Events as clients send them.
enum Sample {
    static func event(_ type: String = "test", uuid: UUID? = nil, payload: String? = nil) -> String {
        let name = uuid.map { #","uuid":"\#($0.uuidString.lowercased())""# } ?? ""
        let rest = payload.map { #","payload":\#($0)"# } ?? ""
        return #"{"event_type":"\#(type)","event_action":"sent","event_ver":"1.0"\#(name)\#(rest)}"#
    }
}
