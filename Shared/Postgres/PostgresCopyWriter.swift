import Contracts
import Foundation

/// Takes the rows of a binary `COPY`, column by column, and sends them on in pieces as they come.
///
/// The server checks types strictly: an `int4` is what an `integer` column takes, and so on. It lives on the connection's
/// thread and only while its copy is under way.
public final class PostgresCopyWriter {
    /// What gathers before it is sent.
    private static let pieceSize = 64 << 10
    /// Signature, flags, length of the header's extension (PostgreSQL documentation, COPY, binary format).
    private static let header = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)

    private let buffer = WriteBuffer()
    private let columns: Int16
    private let send: (UnsafeRawBufferPointer) throws -> Void

    init(columns: Int16, send: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.columns = columns
        self.send = send
        buffer.put(Self.header)
    }

    /// Begins a row; as many values must follow as there are columns.
    ///
    /// - Throws: ``PostgresError`` when the connection is lost.
    public func beginRow() throws {
        if buffer.count >= Self.pieceSize { try sendPiece() }
        buffer.put(columns)
    }

    public func null() { buffer.put(-1 as Int32) }

    /// `int4`.
    public func int32(_ value: Int32) {
        buffer.put(4 as Int32)
        buffer.put(value)
    }

    /// `int8`.
    public func int64(_ value: Int64) {
        buffer.put(8 as Int32)
        buffer.put(value)
    }

    public func uuid(_ value: UUID) {
        buffer.put(16 as Int32)
        buffer.put(value)
    }

    /// `timestamptz`.
    public func timestamp(_ value: Timestamp) { int64(TimestampFormat.microseconds(value)) }

    /// `text` or `varchar`; one that is too long for its column fails the copy.
    public func text(_ value: String) {
        buffer.put(Int32(truncatingIfNeeded: value.utf8.count))
        buffer.put(value)
    }

    /// `bytea`, or `json` as its text.
    public func bytes(_ value: [UInt8]) {
        buffer.put(Int32(truncatingIfNeeded: value.count))
        buffer.put(value)
    }

    public func int32(_ value: Int32?) { if let value { int32(value) } else { null() } }
    public func int64(_ value: Int64?) { if let value { int64(value) } else { null() } }
    public func text(_ value: String?) { if let value { text(value) } else { null() } }
    public func bytes(_ value: [UInt8]?) { if let value { bytes(value) } else { null() } }
    public func timestamp(_ value: Timestamp?) { if let value { timestamp(value) } else { null() } }

    func finish() throws {
        buffer.put(-1 as Int16)
        try sendPiece()
    }

    private func sendPiece() throws {
        try send(UnsafeRawBufferPointer(start: buffer.base, count: buffer.count))
        buffer.removeAll()
    }
}
