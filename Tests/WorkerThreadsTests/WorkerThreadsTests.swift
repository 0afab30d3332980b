import Foundation
import Synchronization
import Testing

@testable import WorkerThreads

@Suite struct WorkerThreadsTests {
    @Test func `each thread keeps the resource it made`() async throws {
        let made = Mutex(0)
        let threads = WorkerThreads(name: "test", count: 3, queueLimit: 1_000) {
            made.withLock {
                $0 += 1; return $0
            }
        }
        let seen = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<300 { group.addTask { try await threads.run { $0 } } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(seen.isSubset(of: [1, 2, 3]))
        await threads.close()
    }

    @Test func `a full queue refuses and what waited still runs`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let threads = WorkerThreads(name: "test", count: 1, queueLimit: 1) { 0 }
        let hasBegun = DispatchSemaphore(value: 0)
        async let running: Void = threads.run { _ in
            hasBegun.signal()
            gate.wait()
        }
        _ = await until { hasBegun.wait(timeout: .now()) == .success }
        async let waiting = threads.run { _ in 7 }
        _ = await until { threads.queueDepth == 1 }
        await #expect(throws: WorkerThreadsError.queueFull) { try await threads.run { _ in 1 } }
        gate.signal()
        try await running
        #expect(try await waiting == 7)
        await threads.close()
        await #expect(throws: WorkerThreadsError.closed) { try await threads.run { _ in 1 } }
    }

    @Test func `closing lets queued jobs finish`() async throws {
        let threads = WorkerThreads(name: "test", count: 1, queueLimit: 100) { 0 }
        let results = Mutex<[Int]>([])
        for index in 0..<50 {
            threads.perform({ _ in results.withLock { $0.append(index) } }, refused: { _ in })
        }
        await threads.close()
        #expect(results.withLock { $0 } == Array(0..<50))
    }

    private func until(_ condition: () -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(), ContinuousClock.now < deadline { await Task.yield() }
        return condition()
    }
}
