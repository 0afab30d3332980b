import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

@testable import EventListenerService

/// The recovery log alone, on a disk.
struct RecoveryLogTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "recovery-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func events(_ count: Int) -> [Event] {
        (0..<count).map { Event(type: "t\($0)", action: "a", version: "1") }
    }

    private func read(_ file: RecoveryFile.Summary) throws -> [Event] {
        let bytes = [UInt8](try #require(FileManager.default.contents(atPath: file.path)))
        var (events, start): ([Event], Int) = ([], 0)
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            if let event = RecoveryLine.decode(bytes, start..<end) { events.append(event) }
            start = end + 1
        }
        return events
    }

    @Test func `what was kept is there for the next process, in its order`() throws {
        try withFolder { folder in
            let kept = events(25)
            var log: RecoveryLog? = RecoveryLog(folder: folder, maxBytes: 1 << 20, fileBytes: 2_000)
            _ = try log?.open()
            for event in kept { #expect(log?.append([event]) == true) }
            #expect(log?.backlog.events == 25 && (log?.backlog.files ?? 0) > 1)
            log = nil
            let next = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            #expect(try next.open() == 0 && next.backlog.events == 25)
            var found: [Event] = []
            while let file = next.oldest() {
                found += try read(file)
                try next.remove(file)
            }
            #expect(found == kept && next.backlog.events == 0 && next.backlog.bytes == 0)
        }
    }

    @Test(arguments: [1, 7, 60, 200])
    func `a half-written last line is recognised and cut, whatever is left of it`(missing: Int) throws {
        try withFolder { folder in
            var log: RecoveryLog? = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            _ = try log?.open()
            #expect(log?.append(events(3)) == true)
            log = nil
            let path = "\(folder)/0/0000000001.jsonl"
            let whole = try #require(FileManager.default.contents(atPath: path))
            let lines = whole.split(separator: 0x0A)
            try whole.dropLast(min(missing, lines[2].count)).write(to: URL(fileURLWithPath: path))
            let next = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            #expect(try next.open() > 0 || missing > lines[2].count)
            #expect(next.backlog.events == 2)
            let file = try #require(next.oldest())
            #expect(try read(file).map(\.type) == ["t0", "t1"])
            // It goes on in a file of its own.
            #expect(next.append(events(1)) && next.backlog.events == 3)
        }
    }

    @Test func `a last line of zeros, as a crash of the host leaves it, is cut`() throws {
        try withFolder { folder in
            var log: RecoveryLog? = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            _ = try log?.open()
            _ = log?.append(events(2))
            log = nil
            let path = "\(folder)/0/0000000001.jsonl"
            var bytes = try #require(FileManager.default.contents(atPath: path))
            bytes.append(contentsOf: [UInt8](repeating: 0, count: 500))
            try bytes.write(to: URL(fileURLWithPath: path))
            let next = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            #expect(try next.open() == 500 && next.backlog.events == 2)
        }
    }

    @Test func `a changed byte does not pass the checksum`() {
        let line = RecoveryLine.encode(events(1))
        #expect(RecoveryLine.decode(line, 0..<(line.count - 1)) != nil)
        for index in stride(from: 0, to: line.count - 1, by: 3) {
            var damaged = line
            damaged[index] ^= 1
            #expect(RecoveryLine.decode(damaged, 0..<(damaged.count - 1)) == nil)
        }
    }

    @Test func `it is bounded, and takes again when there is room`() throws {
        try withFolder { folder in
            let log = RecoveryLog(folder: folder, maxBytes: 1_000)
            #expect(!log.hasRoom && !log.append(events(1)))
            _ = try log.open()
            var count = 0
            while log.append(events(1)) { count += 1 }
            #expect(count > 2 && count < 10 && log.backlog.bytes <= 1_000)
            try log.remove(try #require(log.oldest()))
            #expect(log.append(events(1)))
        }
    }

    @Test func `two processes never share a subfolder, and abandoned ones are found`() throws {
        try withFolder { folder in
            var first: RecoveryLog? = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            _ = try first?.open()
            _ = first?.append(events(1))
            let second = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            _ = try second.open()
            _ = second.append(events(2))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/1/0000000001.jsonl"))
            #expect(try RecoverySlot.abandoned(in: folder).isEmpty)
            first = nil
            let abandoned = try RecoverySlot.abandoned(in: folder)
            #expect(try abandoned.map { try $0.files().files.map(\.events) } == [[1]])
        }
    }

    @Test(.enabled(if: TestEnvironment.postgresURL != nil))
    func `a replay that is done twice stores once, and a damaged line in the middle is kept aside`() async throws {
        try await RunningListener.with { listener in
            let folder = listener.folder + "-other"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let log = RecoveryLog(folder: folder, maxBytes: 1 << 20)
            _ = try log.open()
            _ = log.append(events(5))
            let file = try #require(log.oldest())
            var bytes = try #require(FileManager.default.contents(atPath: file.path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: file.path))
            let replay = RecoveryReplay(pool: listener.pool, logger: TestDatabase.quiet)
            for _ in 0..<2 {
                let report = try await replay.replay(file)
                #expect(report.stored == 4 && report.damaged == 1 && report.duplicates == 0)
            }
            #expect(try await listener.count() == 4)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/0/damaged.txt"))
        }
    }
}
