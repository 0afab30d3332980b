import Foundation
import Synchronization
import TestSupport

/// One process of a service, which a test may kill, stop and start again.
final class Replica: Sendable {
    let name: String
    let port: Int
    private let executable: String
    private let arguments: [String]
    private let environment: [String: String]
    /// Where the owner of its schema connects; only ``migrate()`` is told, as in a cluster.
    private let ownerURL: String?
    private let log: URL
    private let process = Mutex<ChildProcess?>(nil)

    init(
        name: String, executable: String, arguments: [String], port: Int, environment: [String: String],
        ownerURL: String? = nil, folder: URL
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.port = port
        self.environment = environment
        self.ownerURL = ownerURL
        log = folder.appendingPathComponent("\(name).log")
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var tail: String { child?.tail(8) ?? "not started" }
    var child: ChildProcess? { process.withLock { $0 } }
    /// Everything it has printed.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// The same executable with other variables.
    ///
    /// - Parameter command: What to run in front of the executable, with its arguments.
    func copy(
        name: String, port: Int, overriding changes: [String: String], behind command: [String] = []
    ) -> Replica {
        let words = command + [executable] + arguments
        return Replica(
            name: name, executable: words[0], arguments: Array(words.dropFirst()), port: port,
            environment: environment.merging(changes) { $1 }, ownerURL: ownerURL,
            folder: log.deletingLastPathComponent())
    }

    /// Resident memory in bytes; 0 when it does not run.
    var memory: Int {
        guard let pid = child?.pid,
            let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS") }),
            let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
        else { return 0 }
        return kilobytes * 1024
    }

    func start() throws {
        let child = try ChildProcess(executable, arguments, environment: environment, log: log)
        process.withLock { $0 = child }
    }

    /// Starts a subcommand with the same variables; what it prints goes to a log of its own.
    func command(_ subcommand: String) throws -> ChildProcess {
        let log = log.deletingLastPathComponent().appendingPathComponent("\(name)-\(subcommand).log")
        try? FileManager.default.removeItem(at: log)
        return try ChildProcess(executable, [subcommand], environment: environment, log: log)
    }

    /// Brings its store's schema up to date, as the schema's owner.
    func migrate() async throws {
        try await finish(["migrate"], ownerURL.map { ["MIGRATION_DATABASE_URL": $0] } ?? [:])
    }

    /// Runs a subcommand with the service's own settings to its good end.
    func run(_ arguments: String...) async throws { try await finish(arguments) }

    private func finish(_ arguments: [String], _ changes: [String: String] = [:]) async throws {
        let child = try ChildProcess(
            executable, arguments, environment: environment.merging(changes) { $1 }, log: log)
        guard await eventually(within: .seconds(120), { !child.isRunning }), child.exitStatus == 0 else {
            throw TestFailure("\(name) \(arguments.joined(separator: " ")) failed: \(child.tail())")
        }
    }

    /// Starts a subcommand with the service's own settings.
    func command(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(executable, arguments, environment: environment, log: log)
    }

    func waitUntilReady(_ http: TestHTTP, within limit: Duration = .seconds(60)) async throws {
        let isReady = await eventually(within: limit) { (try? await http.get("\(url)/readyz"))?.status == 200 }
        guard isReady else { throw TestFailure("\(name) is not ready: \(tail)") }
    }

    /// Waits until its consumers have their partitions; a group's first join takes the development broker three seconds.
    func waitUntilJoined(_ http: TestHTTP) async throws {
        let hasJoined = await eventually {
            guard let answer = try? await http.get("\(url)/readyz") else { return false }
            return answer.status == 200 && !answer.text.contains("not joined")
        }
        guard hasJoined else { throw TestFailure("\(name) has not joined its group: \(tail)") }
    }

    func kill() { child?.kill() }

    /// SIGKILL and a new start, as a supervisor does it.
    func killAndRestart() throws {
        kill()
        try start()
    }

    func signal(_ number: Int32) { child?.signal(number) }

    @discardableResult
    func terminate() async -> Int32? { await child?.terminate() }
}
