import Foundation
import Logging

/// The files of a durable channel: numbered segments that are written at one end and read at the other, and the place up
/// to which they have been delivered. Belongs to one thread; all of it blocks.
final class ChannelLog {
    struct Place: Sendable, Hashable, Codable {
        var segment: Int
        var offset: Int64
    }

    private static let segmentBytes: Int64 = 32 << 20

    private let folder: String
    private let logger: Logger
    private var tail: Place
    private var writer: Int32 = -1
    private var reader: (segment: Int, descriptor: Int32)?
    /// The next record to be read.
    private(set) var head: Place
    /// Everything before it is delivered.
    private var delivered: Place
    private var savedAt = ContinuousClock.now
    private(set) var fill = ChannelFill()

    /// Opens the folder: goes on behind what was delivered, and cuts off a record that was not written to its end.
    init(folder: String, logger: Logger) throws {
        self.folder = folder
        self.logger = logger
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let segments = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
            name.hasSuffix(".log") ? Int(name.dropLast(4)) : nil
        }.sorted()
        let place = FileManager.default.contents(atPath: "\(folder)/delivered")
            .flatMap { try? JSONDecoder().decode(Place.self, from: $0) }
        let first = segments.first ?? 1
        delivered =
            place.map { $0.segment < first ? Place(segment: first, offset: 0) : $0 }
            ?? Place(segment: first, offset: 0)
        head = delivered
        tail = Place(segment: max(segments.last ?? 1, delivered.segment), offset: 0)
        for segment in segments where segment >= delivered.segment { try measure(segment) }
        writer = open(path(tail.segment), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard writer >= 0, lseek(writer, off_t(tail.offset), SEEK_SET) >= 0, ftruncate(writer, off_t(tail.offset)) == 0
        else { throw FileFault("cannot open", path(tail.segment)) }
        FileBytes.syncFolder(of: path(tail.segment))
    }

    deinit {
        if writer >= 0 { close(writer) }
        if let reader { close(reader.descriptor) }
    }

    /// Writes batches; they are on the disk when this returns.
    func append(_ batches: [LineBatch]) throws {
        for batch in batches {
            if tail.offset >= Self.segmentBytes { try beginSegment() }
            let record = BatchRecord.encode(batch)
            do {
                try FileBytes.write(record, to: writer, path(tail.segment))
            } catch {
                // Half a record must not stand before the next one.
                lseek(writer, off_t(tail.offset), SEEK_SET)
                ftruncate(writer, off_t(tail.offset))
                throw error
            }
            tail.offset += Int64(record.count)
            fill.lines += batch.count
            fill.bytes += batch.bytes.count
        }
        guard fdatasync(writer) == 0 else { throw FileFault("cannot sync", path(tail.segment)) }
    }

    /// The next batches, as many as come to `maxLines`, at least one if there is one.
    func read(maxLines: Int) throws -> LineBatch? {
        var batch = LineBatch()
        while head != tail {
            guard let (record, next) = try record(at: head) else {
                guard head.segment < tail.segment else { break }
                head = Place(segment: head.segment + 1, offset: 0)
                continue
            }
            if !batch.isEmpty, batch.count + record.count > maxLines { break }
            batch.append(record)
            head = next
        }
        return batch.isEmpty ? nil : batch
    }

    /// What was read up to `end` has been delivered.
    func commit(_ done: ChannelFill, upTo end: Place) throws {
        fill.lines -= done.lines
        fill.bytes -= done.bytes
        for segment in delivered.segment..<max(end.segment, delivered.segment) { unlink(path(segment)) }
        let isNewSegment = end.segment != delivered.segment
        delivered = end
        if isNewSegment || savedAt.duration(to: .now) > .milliseconds(100) || end == tail { try save() }
    }

    func rollback() { head = delivered }

    /// Notes how far was delivered. A little behind is harmless: it costs repeats.
    func save() throws {
        let new = "\(folder)/delivered.new"
        try JSONEncoder().encode(delivered).write(to: URL(fileURLWithPath: new))
        guard rename(new, "\(folder)/delivered") == 0 else { throw FileFault("cannot replace", "\(folder)/delivered") }
        savedAt = .now
    }

    private func path(_ segment: Int) -> String { "\(folder)/\(segment).log" }

    private func beginSegment() throws {
        guard fdatasync(writer) == 0 else { throw FileFault("cannot sync", path(tail.segment)) }
        close(writer)
        tail = Place(segment: tail.segment + 1, offset: 0)
        writer = open(path(tail.segment), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard writer >= 0 else { throw FileFault("cannot open", path(tail.segment)) }
        FileBytes.syncFolder(of: path(tail.segment))
    }

    /// Counts what waits in a segment, and finds the end of the last one.
    private func measure(_ segment: Int) throws {
        var place = Place(segment: segment, offset: segment == delivered.segment ? delivered.offset : 0)
        while let (batch, next) = try record(at: place) {
            fill.lines += batch.count
            fill.bytes += batch.bytes.count
            place = next
        }
        if segment == tail.segment { tail = place }
    }

    private func record(at place: Place) throws -> (LineBatch, Place)? {
        if reader?.segment != place.segment {
            if let reader { close(reader.descriptor) }
            reader = nil
            let descriptor = open(path(place.segment), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            reader = (place.segment, descriptor)
        }
        guard let reader else { return nil }
        let path = path(place.segment)
        let start = try FileBytes.read(reader.descriptor, at: place.offset, count: BatchRecord.headLength, path)
        guard let head = BatchRecord.head(start) else { return nil }
        let body = try FileBytes.read(
            reader.descriptor, at: place.offset + Int64(BatchRecord.headLength), count: head.length, path)
        guard let batch = BatchRecord.decode(head, body) else {
            logger.error(
                "a record of the channel is damaged", metadata: ["file": "\(path)", "offset": "\(place.offset)"])
            return nil
        }
        let end = place.offset + Int64(BatchRecord.headLength + head.length)
        return (batch, Place(segment: place.segment, offset: end))
    }
}
