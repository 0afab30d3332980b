import Foundation
import MariaDB
import Synchronization
import Testing
import WorkerThreads

@Suite("A restart of MariaDB", .enabled(if: TestDatabase.canRestart, TestDatabase.restartHint))
struct RestartTests {
    @Test("under load loses no transaction that was answered and needs nobody's help afterwards")
    func underLoad() async throws {
        try await TestDatabase.with { configuration in
            try MariaDBConnection(configuration).script("CREATE TABLE t (id BIGINT PRIMARY KEY)")
            let pool = MariaDBPool(configuration, connections: 3, logger: TestDatabase.logger)
            let log = Log()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...8 {
                    group.addTask { await Self.write(pool, log) }
                }
                group.addTask {
                    #expect(await Self.hasMore(log, than: 100))
                    try await Self.restart()
                    let before = log.answered.count
                    #expect(await Self.hasMore(log, than: before + 100))
                    log.stop()
                }
                try await group.waitForAll()
            }
            let stored = try await pool.run { try $0.query("SELECT id FROM t").map { try $0.int64(0) } }
            let missing = Set(log.answered).subtracting(stored)
            #expect(missing.isEmpty)
            #expect(log.unexpected.isEmpty, "\(log.unexpected.prefix(3))")
            await pool.close()
        }
    }

    private static func write(_ pool: MariaDBPool, _ log: Log) async {
        while let id = log.next() {
            do {
                _ = try await pool.transaction { try $0.execute("INSERT INTO t VALUES (?)", [.int8(id)]) }
                log.answer(id)
            } catch {
                if (error as? MariaDBError)?.isRetriable != true { log.note("\(error)") }
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private static func hasMore(_ log: Log, than count: Int) async -> Bool {
        (try? await eventually { log.answered.count > count }) ?? false
    }

    /// Not by `Process`: it waits until the server, too, has closed what it inherited.
    private static func restart() async throws {
        let shell = WorkerThreads(name: "shell", count: 1, queueLimit: 1) {}
        let status = try await shell.run { _ in system(TestDatabase.restartCommand ?? "false") }
        #expect(status == 0)
        await shell.close()
    }

    private final class Log: Sendable {
        private let state = Mutex<(last: Int64, isOver: Bool, answered: [Int64], unexpected: [String])>(
            (0, false, [], []))

        var answered: [Int64] { state.withLock { $0.answered } }
        var unexpected: [String] { state.withLock { $0.unexpected } }
        func answer(_ id: Int64) { state.withLock { $0.answered.append(id) } }
        func note(_ error: String) { state.withLock { $0.unexpected.append(error) } }
        func stop() { state.withLock { $0.isOver = true } }

        func next() -> Int64? {
            state.withLock { state in
                state.last += 1
                return state.isOver ? nil : state.last
            }
        }
    }
}
