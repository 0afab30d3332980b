import Foundation
import Synchronization
import TestSupport
import Testing

@testable import OrderCollector

/// What every channel promises.
@Suite struct ChannelConformanceTests {
    enum Kind: CaseIterable, Sendable { case memory, file }

    @Test(arguments: Kind.allCases)
    func `Lines come out in the order in which they went in, and stay until they are committed`(
        kind: Kind
    ) async throws {
        try await withChannel(kind, maxBytes: 1 << 20) { channel, _ in
            for number in 0..<10 { try await channel.put(batch(["\(number)a", "\(number)b"])) {} }
            #expect(channel.waiting.lines == 20)
            let first = try #require(try await channel.take(maxLines: 5))
            #expect(texts(first) == ["0a", "0b", "1a", "1b"])
            await channel.rollback()
            #expect(texts(try #require(try await channel.take(maxLines: 5))) == texts(first))
            try await channel.commit()
            #expect(texts(try #require(try await channel.take(maxLines: 100))).count == 16)
            try await channel.commit()
            #expect(channel.waiting == ChannelFill())
        }
    }

    @Test(arguments: Kind.allCases)
    func `Several batches may be taken before the first is committed, and commits are in their order`(
        kind: Kind
    ) async throws {
        try await withChannel(kind, maxBytes: 1 << 20) { channel, _ in
            for number in 0..<6 { try await channel.put(batch(["\(number)a", "\(number)b"])) {} }
            for number in 0..<3 {
                let taken = try await channel.take(maxLines: 2, waits: number == 0)
                #expect(texts(try #require(taken)) == ["\(number)a", "\(number)b"])
            }
            try await channel.commit()
            #expect(channel.waiting.lines == 10)
            await channel.rollback()
            #expect(texts(try #require(try await channel.take(maxLines: 4))) == ["1a", "1b", "2a", "2b"])
            #expect(texts(try #require(try await channel.take(maxLines: 100, waits: false))).count == 6)
            #expect(try await channel.take(maxLines: 1, waits: false) == nil)
            try await channel.commit()
            try await channel.commit()
            #expect(channel.waiting == ChannelFill())
        }
    }

    @Test func `Batches are on their way side by side, in order; a failure sends what is not committed once more`()
        async throws
    {
        let sink = PipelinedSink(failsOnce: "5")
        let channel = MemoryChannel(maxBytes: 1 << 20)
        let safe = SharedCounter()
        for number in 0..<12 { try await channel.put(batch(["\(number)"])) { safe.increment() } }
        let runner = SinkRunner(
            name: "test", channel: channel, sink: sink, batchLines: 1, logger: TestDatabase.quiet)
        let areSafe = await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await runner.run() }
            let areSafe = await eventually { safe.value == 12 }
            group.cancelAll()
            return areSafe
        }
        #expect(areSafe)
        let begun = sink.state.withLock { $0.begun }
        let numbers = begun.compactMap { Int($0) }
        // 5 failed while 6 and 7 were on their way behind it, so all three come again, and nothing before them.
        #expect(numbers == [0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9, 10, 11])
        #expect(sink.state.withLock { $0.most } == 3)
        #expect(channel.waiting == ChannelFill())
    }

    @Test(arguments: Kind.allCases)
    func `A full channel makes its source wait, and a commit lets it go on`(kind: Kind) async throws {
        try await withChannel(kind, maxBytes: 100) { channel, _ in
            try await channel.put(batch([String(repeating: "x", count: 90)])) {}
            let isIn = SharedFlag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await channel.put(batch([String(repeating: "y", count: 90)])) {}
                    isIn.set()
                }
                _ = try await channel.take(maxLines: 1)
                #expect(!isIn.isSet)
                try await channel.commit()
                try await group.waitForAll()
            }
            #expect(isIn.isSet && channel.waiting.lines == 1)
        }
    }

    @Test func `Memory is safe once the sink has committed, the disk at once`() async throws {
        for kind in Kind.allCases {
            try await withChannel(kind, maxBytes: 1 << 20) { channel, _ in
                let isSafe = SharedFlag()
                try await channel.put(batch(["x"])) { isSafe.set() }
                #expect(isSafe.isSet == (kind == .file))
                _ = try await channel.take(maxLines: 1)
                try await channel.commit()
                #expect(isSafe.isSet)
            }
        }
    }

    @Test func `What was not committed is there after the process, and half a record is not`() async throws {
        try await withChannel(.file, maxBytes: 1 << 20) { channel, folder in
            for number in 0..<4 { try await channel.put(batch(["\(number)"])) {} }
            _ = try await channel.take(maxLines: 1)
            try await channel.commit()
            await channel.close()
            let segment = "\(folder)/1.log"
            let handle = try #require(FileHandle(forWritingAtPath: segment))
            try handle.seekToEnd()
            try handle.write(contentsOf: BatchRecord.encode(batch(["torn"])).dropLast(3))
            try handle.close()
            let again = FileChannel(folder: folder, maxBytes: 1 << 20, logger: TestDatabase.quiet)
            try await again.put(batch(["4"])) {}
            #expect(texts(try #require(try await again.take(maxLines: 100))) == ["1", "2", "3", "4"])
            await again.close()
        }
    }

    @Test func `A group's sinks take over from one another, and share when they balance`() async throws {
        let (good, bad) = (RecordingSink(), RecordingSink())
        bad.isBroken.set()
        let failover = SinkGroup(.failover, [bad, good], penalty: .seconds(60))
        for number in 0..<3 { try await failover.deliver(batch(["\(number)"])) }
        #expect(good.texts.withLock { $0 } == ["0", "1", "2"] && bad.attempts.value == 1)
        let (one, two) = (RecordingSink(), RecordingSink())
        let balanced = SinkGroup(.loadBalancing, [one, two], penalty: .seconds(60))
        for number in 0..<4 { try await balanced.deliver(batch(["\(number)"])) }
        #expect(one.texts.withLock { $0 } == ["0", "2"] && two.texts.withLock { $0 } == ["1", "3"])
        good.isBroken.set()
        await #expect(throws: TestFailure.self) { try await failover.deliver(batch(["3"])) }
    }

    private func withChannel(
        _ kind: Kind, maxBytes: Int, _ body: (any Channel, String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "channel-\(UInt32.random(in: 0 ... .max))"
        let channel: any Channel =
            kind == .memory
            ? MemoryChannel(maxBytes: maxBytes)
            : FileChannel(folder: folder, maxBytes: maxBytes, logger: TestDatabase.quiet)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(channel, folder))
        } catch {
            outcome = .failure(error)
        }
        await channel.close()
        try? FileManager.default.removeItem(atPath: folder)
        try outcome.get()
    }
}

/// Takes three batches at once; each arrives a moment later.
private final class PipelinedSink: Sink {
    struct State {
        var begun: [String] = []
        var underWay = 0
        var most = 0
        var failsOnce: String?
    }

    let state: Mutex<State>
    var maxInFlight: Int { 3 }

    init(failsOnce text: String) { state = Mutex(State(failsOnce: text)) }

    func deliver(_ batch: LineBatch) async throws { try await begin(batch).finish() }

    func begin(_ batch: LineBatch) async throws -> Delivery {
        let text = texts(batch).joined()
        let fails = state.withLock { state in
            state.begun.append(text)
            state.underWay += 1
            state.most = max(state.most, state.underWay)
            defer { if state.failsOnce == text { state.failsOnce = nil } }
            return state.failsOnce == text
        }
        return Delivery { [self] in
            await Task.yield()
            state.withLock { $0.underWay -= 1 }
            if fails { throw TestFailure("once") }
        }
    }
}

private func batch(_ texts: [String]) -> LineBatch {
    var batch = LineBatch()
    for text in texts {
        batch.append { bytes in
            bytes.append(contentsOf: text.utf8)
            return nil
        }
    }
    return batch
}

private func texts(_ batch: LineBatch) -> [String] {
    (0..<batch.count).map { String(decoding: batch[$0], as: UTF8.self) }
}

private final class RecordingSink: Sink {
    let texts = Mutex<[String]>([])
    let attempts = SharedCounter()
    let isBroken = SharedFlag()

    func deliver(_ batch: LineBatch) async throws {
        attempts.increment()
        if isBroken.isSet { throw TestFailure("broken") }
        texts.withLock { texts in
            for index in 0..<batch.count { texts.append(String(decoding: batch[index], as: UTF8.self)) }
        }
    }
}
