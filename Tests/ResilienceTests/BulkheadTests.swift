import Testing

@testable import Resilience

@Suite(.timeLimit(.minutes(5)))
struct BulkheadTests {
    private let clock = ManualClock()

    private func bulkhead(
        _ maxConcurrent: Int, waiting: Int = 10_000, wait: Duration? = .seconds(1)
    ) throws -> Bulkhead {
        Bulkhead(
            name: "peer",
            configuration: try BulkheadConfiguration(
                maxConcurrent: maxConcurrent, maxWaiting: waiting, maxWait: wait),
            clock: clock)
    }

    @Test func `the queue hands each place to the one who waits longest`() {
        var queue = BulkheadQueue(maxConcurrent: 2, maxWaiting: 3)
        let admissions = (0..<6).map { _ in queue.enter() }
        #expect(admissions == [.running, .running, .waiting(1), .waiting(2), .waiting(3), .refused])
        let removed = [2, 2].map { queue.abandon($0) }
        #expect(removed == [true, false])
        let next = (0..<2).map { _ in queue.leave() }
        #expect(next == [1, 3])
        // Whoever has a place waits no more.
        let isRemoved = queue.abandon(3)
        #expect(!isRemoved)
        #expect(queue.running == 2)
        let last = (0..<2).map { _ in queue.leave() }
        #expect(last == [nil, nil])
        #expect(queue.running == 0)
    }

    @Test func `no more run at once than there are places`() async throws {
        let bulkhead = try bulkhead(4)
        let calls = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...200 {
                group.addTask {
                    try await bulkhead.run {
                        calls.up()
                        for _ in 1...5 { await Task.yield() }
                        calls.down()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(calls.peak <= 4)
        #expect(calls.sum == 200)
        #expect(bulkhead.snapshot == BulkheadSnapshot(running: 0, waiting: 0, queueFull: 0, waitedTooLong: 0))
    }

    @Test func `whoever finds the queue full is refused at once`() async throws {
        let bulkhead = try bulkhead(1, waiting: 1)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...2 { group.addTask { try await bulkhead.run { await signal.wait() } } }
            try await waitUntil("one runs, one waits") {
                bulkhead.snapshot.waiting == 1 && signal.waitingCount == 1
            }
            let error = await #expect(throws: BulkheadFull.self) { try await bulkhead.run {} }
            #expect(error?.cause == .queueFull)
            signal.give()
            try await group.waitForAll()
        }
        #expect(bulkhead.snapshot.queueFull == 1)
    }

    @Test func `whoever waits too long is refused and leaves the queue`() async throws {
        let bulkhead = try bulkhead(1)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bulkhead.run { await signal.wait() } }
            try await waitUntil("one runs") { signal.waitingCount == 1 }
            group.addTask {
                let error = await #expect(throws: BulkheadFull.self) { try await bulkhead.run {} }
                #expect(error?.cause == .waitedTooLong)
            }
            try await clock.waitForSleepers(1)
            clock.advance(by: .seconds(1))
            try await group.next()
            #expect(bulkhead.snapshot.waiting == 0)
            #expect(bulkhead.snapshot.waitedTooLong == 1)
            signal.give()
        }
        #expect(bulkhead.snapshot.running == 0)
    }

    @Test func `those who wait go in the order they came`() async throws {
        let bulkhead = try bulkhead(1, wait: nil)
        let signal = Signal()
        let order = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bulkhead.run { await signal.wait() } }
            try await waitUntil("one runs") { signal.waitingCount == 1 }
            let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
            for number in 1...50 {
                group.addTask { try await bulkhead.run { _ = continuation.yield(number) } }
                try await waitUntil("\(number) wait") { bulkhead.snapshot.waiting == number }
            }
            signal.give()
            try await group.waitForAll()
            continuation.finish()
            return await stream.reduce(into: []) { $0.append($1) }
        }
        #expect(order == Array(1...50))
    }

    @Test func `whoever is cancelled while it waits leaves the queue`() async throws {
        let bulkhead = try bulkhead(1)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bulkhead.run { await signal.wait() } }
            try await waitUntil("one runs") { signal.waitingCount == 1 }
            try await withThrowingTaskGroup(of: Void.self) { inner in
                inner.addTask {
                    await #expect(throws: CancellationError.self) { try await bulkhead.run {} }
                }
                try await waitUntil("one waits") { bulkhead.snapshot.waiting == 1 }
                inner.cancelAll()
                try await inner.waitForAll()
            }
            #expect(bulkhead.snapshot.waiting == 0)
            signal.give()
            try await group.waitForAll()
        }
        #expect(clock.sleeperCount == 0)
    }

    /// Places come free, time runs out and callers go away, all at the same moment, many times.
    @Test(arguments: [nil, Duration.seconds(1)])
    func `a storm of cancellations loses no place`(wait: Duration?) async throws {
        let bulkhead = try bulkhead(3, waiting: 40, wait: wait)
        let calls = Gauge()
        for round in 1...100 {
            await withTaskGroup(of: Void.self) { group in
                for number in 1...60 {
                    group.addTask {
                        await withTaskGroup(of: Void.self) { caller in
                            caller.addTask {
                                try? await bulkhead.run {
                                    calls.up()
                                    for _ in 0..<(number % 4) { await Task.yield() }
                                    calls.down()
                                }
                            }
                            for _ in 0..<((number + round) % 7) { await Task.yield() }
                            if !number.isMultiple(of: 3) { caller.cancelAll() }
                        }
                    }
                }
                group.addTask {
                    for _ in 1...10 {
                        await Task.yield()
                        clock.advance(by: .milliseconds(200))
                    }
                }
            }
            try #require(bulkhead.snapshot.running == 0 && bulkhead.snapshot.waiting == 0, "round \(round)")
        }
        #expect(calls.peak <= 3)
        #expect(calls.value == 0)
        #expect(clock.sleeperCount == 0)
    }

    @Test func `a call that throws leaves its place`() async throws {
        let bulkhead = try bulkhead(1)
        for _ in 1...3 {
            await #expect(throws: PeerError.self) { try await bulkhead.run { throw PeerError() } }
        }
        #expect(bulkhead.snapshot.running == 0)
    }
}
