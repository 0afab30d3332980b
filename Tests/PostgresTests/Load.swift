import Foundation
import Synchronization
import Testing

@testable import Postgres

/// Writers that insert one number after the other while something is done to the server.
struct Load: Sendable {
    /// Numbers whose transaction was answered with success.
    var answered: Set<Int64> = []
    /// Numbers whose transaction certainly did not take place.
    var refused: Set<Int64> = []
    /// The longest that a caller waited for its answer.
    var slowest: Duration = .zero
    /// How long the disturbance took.
    var disturbed: Duration = .zero

    /// What the writers share.
    private final class State: Sendable {
        let isOver = Mutex(false)
        let load = Mutex(Load())
        let next = Atomic<Int64>(0)
    }

    static func run(on pool: PostgresPool, during disturbance: @Sendable () async throws -> Void) async throws -> Load {
        let state = State()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try await write(state, pool) }
            }
            let begin = ContinuousClock.now
            try await disturbance()
            let disturbed = begin.duration(to: .now)
            let before = state.load.withLock { $0.answered.count }
            try await eventually("writes pass again") { state.load.withLock { $0.answered.count } > before + 10 }
            state.load.withLock { $0.disturbed = disturbed }
            state.isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        return state.load.withLock { $0 }
    }

    private static func write(_ state: State, _ pool: PostgresPool) async throws {
        while !state.isOver.withLock({ $0 }) {
            let number = state.next.add(1, ordering: .relaxed).newValue
            let begin = ContinuousClock.now
            let error = await insert(number, pool)
            let waited = ContinuousClock.now - begin
            state.load.withLock { $0.note(number, error, waited) }
            if error != nil { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private static func insert(_ number: Int64, _ pool: PostgresPool) async -> PostgresError? {
        do {
            try await pool.transaction { _ = try $0.execute("INSERT INTO t VALUES ($1)", [.int8(number)]) }
            return nil
        } catch let error as PostgresError {
            #expect(error.isRetriable, "\(error.debugDescription)")
            return error
        } catch {
            Issue.record(error)
            return nil
        }
    }

    private mutating func note(_ number: Int64, _ error: PostgresError?, _ waited: Duration) {
        slowest = max(slowest, waited)
        switch error {
        case nil: answered.insert(number)
        case let error? where !error.isCommitAmbiguous: refused.insert(number)
        default: break
        }
    }
}

/// Runs a shell command to its end.
///
/// `Process` waits for all descendants that hold its descriptors, so also for a server that the command starts.
func shell(_ command: String) async {
    let status = await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: system(command)) }
    }
    #expect(status == 0)
}
