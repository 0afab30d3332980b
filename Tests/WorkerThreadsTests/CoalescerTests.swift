import Foundation
import Synchronization
import Testing

@testable import WorkerThreads

@Suite struct CoalescerTests {
    @Test func `requests that come while a batch runs share the next one`() async throws {
        let threads = WorkerThreads(name: "test", count: 1, queueLimit: 10) { 0 }
        let (gate, started) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let sizes = Mutex<[Int]>([])
        let coalescer = Coalescer<Int, Int, Int>(
            maxBatch: 10, queueLimit: 100, perform: perform(threads),
            run: { _, inputs in
                if sizes.withLock({
                    $0.append(inputs.count); return $0.count
                }) == 1 {
                    started.signal()
                    gate.wait()
                }
                return inputs.map { .success($0 * 2) }
            })
        let results = Mutex<[Int]>([])
        func submit(_ value: Int) {
            coalescer.submit(value) { result in
                if case .success(let value) = result { results.withLock { $0.append(value) } }
            }
        }
        submit(0)
        started.wait()
        for value in 1...25 { submit(value) }
        gate.signal()
        while results.withLock({ $0.count }) < 26 { await Task.yield() }
        await threads.close()
        #expect(sizes.withLock { $0 } == [1, 10, 10, 5])
        #expect(results.withLock { $0 } == (0...25).map { $0 * 2 })
    }

    @Test func `each caller gets its own result and a full queue refuses`() async throws {
        let threads = WorkerThreads(name: "test", count: 1, queueLimit: 10) { 0 }
        let coalescer = Coalescer<Int, Int, Int>(
            maxBatch: 10, queueLimit: 2, perform: perform(threads),
            run: { _, inputs in inputs.map { $0 < 0 ? .failure(Negative()) : .success($0) } })
        #expect(try await coalescer.submit(4) == 4)
        await #expect(throws: Negative.self) { try await coalescer.submit(-1) }
        let stuck = Coalescer<Int, Int, Int>(
            maxBatch: 10, queueLimit: 2, perform: { _ in }, run: { _, inputs in inputs.map { .success($0) } })
        let refused = Mutex<[Int]>([])
        // Of several that come together, those that fit are taken.
        stuck.submit(
            (1...3).map { number in (number, { @Sendable _ in refused.withLock { $0.append(number) } }) })
        #expect(stuck.queueDepth == 2 && refused.withLock { $0 } == [3])
        await #expect(throws: CoalescerError.self) { try await stuck.submit(4) }
        await threads.close()
    }

    @Test func `each batch asks for a resource of its own`() async throws {
        let threads = WorkerThreads(name: "test", count: 1, queueLimit: 10) { 0 }
        let asked = Mutex(0)
        let (gate, started) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let coalescer = Coalescer<Int, Int, Int>(
            maxBatch: 10, queueLimit: 100,
            perform: { job in
                // The first connection is lost with its batch; the second one works.
                let number = asked.withLock {
                    $0 += 1
                    return $0
                }
                threads.perform({ _ in job(.success(number)) }, refused: { job(.failure($0)) })
            },
            run: { number, inputs in
                guard number == 1 else { return inputs.map { .success($0) } }
                started.signal()
                gate.wait()
                return inputs.map { _ in .failure(Negative()) }
            })
        async let lost = coalescer.submit(1)
        started.wait()
        async let served = coalescer.submit(2)
        while coalescer.queueDepth == 0 { await Task.yield() }
        gate.signal()
        do {
            _ = try await lost
            Issue.record("the first batch had a connection that was lost")
        } catch is Negative {}
        let second = try await served
        #expect(second == 2)
        await threads.close()
    }

    private struct Negative: Error {}

    private func perform(_ threads: WorkerThreads<Int>) -> Coalescer<Int, Int, Int>.Perform {
        { job in threads.perform({ job(.success($0)) }, refused: { job(.failure($0)) }) }
    }
}
