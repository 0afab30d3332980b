import Foundation
import Logging
import TestSupport
import Testing

@testable import OrderCollector

@Suite struct FollowedFilesTests {
    @Test func `Renamed, truncated and removed files are read to their end, each line once`() throws {
        try withFolder { folder in
            let path = "\(folder)/log"
            let files = try followed(folder)
            try append("a1\na2\n", path)
            #expect(try read(files) == ["a1", "a2"])
            try append("a3\n", path)
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/log.1")
            try append("b1\n", path)
            try append("a4\n", "\(folder)/log.1")
            #expect(try read(files) == ["a3", "a4", "b1"])
            // Copied and truncated, with a line that had not been read yet.
            try append("b2\n", path)
            try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/log.2")
            truncate(path, 0)
            try append("c1\n", path)
            #expect(try read(files) == ["b2", "c1"])
            try FileManager.default.removeItem(atPath: path)
            try append("d1\n", path)
            #expect(try read(files) == ["d1"])
            #expect(try read(files).isEmpty)
        }
    }

    @Test func `A file truncated and grown beyond its old length is another generation`() throws {
        try withFolder { folder in
            let path = "\(folder)/log"
            let files = try followed(folder)
            try append("one\n", path)
            #expect(try read(files) == ["one"])
            truncate(path, 0)
            try append("two\nthree\n", path)
            #expect(try read(files) == ["two", "three"])
        }
    }

    @Test func `After a restart it goes on where it was safe, through everything that was rotated meanwhile`() throws {
        try withFolder { folder in
            let path = "\(folder)/log"
            var files: FollowedFiles? = try followed(folder)
            try append("a1\na2\n", path)
            let chunk = try #require(try discovered(files)?.next())
            try files?.move([chunk.generation: chunk.lines[0].end])
            files = nil
            try append("a3\n", path)
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/log.2")
            try append("b1\n", path)
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/log.1")
            try append("c1\n", path)
            let again = try followed(folder)
            try again.discover()
            let first = try #require(try again.next())
            // What was sent but not safe comes again, with the same id and the same time.
            #expect(first.generation == chunk.generation && first.lines[0].offset == chunk.lines[1].offset)
            #expect(first.seenAt[0] == chunk.seenAt[1])
            #expect(first.lines.map { String(decoding: $0.body, as: UTF8.self) } == ["a2", "a3"])
            #expect(try read(again) == ["b1", "c1"])
        }
    }

    @Test func `The first start takes the file that has the name, and none that were rotated before`() throws {
        try withFolder { folder in
            try append("old\n", "\(folder)/log.1")
            try append("new\n", "\(folder)/log")
            let files = try followed(folder)
            #expect(try read(files) == ["new"])
            #expect(try read(try followed(folder)).isEmpty == false)
        }
    }

    @Test func `A file that lost its name is left when it stands still, its last line whole or not`() throws {
        try withFolder { folder in
            let path = "\(folder)/log"
            let files = try followed(folder)
            try append("a1\nhalf", path)
            #expect(try read(files) == ["a1"])
            try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/log.1")
            try files.discover()
            #expect(try files.next() == nil)
            let later = ContinuousClock.now + .seconds(60)
            #expect(try files.next(now: later)?.lines.map { String(decoding: $0.body, as: UTF8.self) } == ["half"])
            #expect(try files.next(now: later) == nil)
        }
    }

    private func followed(_ folder: String) throws -> FollowedFiles {
        FollowedFiles(
            .init(path: "\(folder)/log"), journal: try PositionJournal(path: "\(folder)/positions"),
            logger: TestDatabase.quiet)
    }

    private func discovered(_ files: FollowedFiles?) throws -> FollowedFiles? {
        try files?.discover()
        return files
    }

    private func read(_ files: FollowedFiles) throws -> [String] {
        var lines: [String] = []
        for _ in 0..<3 {
            try files.discover()
            while let chunk = try files.next() { lines += chunk.lines.map { String(decoding: $0.body, as: UTF8.self) } }
        }
        return lines
    }

    private func append(_ text: String, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        defer { close(descriptor) }
        try FileBytes.write(Array(text.utf8), to: descriptor, path)
    }
}

func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "collector-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}
