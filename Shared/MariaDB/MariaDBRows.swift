import Contracts
import Foundation

/// The rows of one result, all of them, copied out of the client library.
public struct MariaDBRows: Sequence, Sendable {
    let columns: Int
    var cells: [MariaDBValue] = []

    /// How many rows there are.
    public var count: Int { columns == 0 ? 0 : cells.count / columns }
    public var isEmpty: Bool { cells.isEmpty }
    public var first: MariaDBRow? { isEmpty ? nil : self[0] }

    public subscript(index: Int) -> MariaDBRow { MariaDBRow(rows: self, start: index * columns) }

    public func makeIterator() -> AnyIterator<MariaDBRow> {
        var index = 0
        return AnyIterator {
            guard index < count else { return nil }
            defer { index += 1 }
            return self[index]
        }
    }

    mutating func append(contentsOf other: MariaDBRows) { cells.append(contentsOf: other.cells) }
}

/// One row; columns are counted from 0.
///
/// Every accessor throws ``MariaDBError`` with code `decoding` when the value has another type, or is `NULL` where
/// the accessor's name does not end in `OrNil`.
public struct MariaDBRow: Sendable {
    let rows: MariaDBRows
    let start: Int

    public subscript(column: Int) -> MariaDBValue {
        precondition(column >= 0 && column < rows.columns, "the statement does not have this column")
        return rows.cells[start + column]
    }

    public func int64OrNil(_ column: Int) throws(MariaDBError) -> Int64? {
        switch self[column] {
        case .int8(let value): value
        case .null: nil
        case let other: throw mismatch(column, "an integer", other)
        }
    }

    public func doubleOrNil(_ column: Int) throws(MariaDBError) -> Double? {
        switch self[column] {
        case .double(let value): value
        case .int8(let value): Double(value)
        case .null: nil
        case let other: throw mismatch(column, "a number", other)
        }
    }

    public func stringOrNil(_ column: Int) throws(MariaDBError) -> String? {
        switch self[column] {
        case .text(let value): value
        case .null: nil
        case let other: throw mismatch(column, "text", other)
        }
    }

    public func bytesOrNil(_ column: Int) throws(MariaDBError) -> [UInt8]? {
        switch self[column] {
        case .bytes(let value): value
        case .text(let value): Array(value.utf8)
        case .null: nil
        case let other: throw mismatch(column, "bytes", other)
        }
    }

    public func timestampOrNil(_ column: Int) throws(MariaDBError) -> Timestamp? {
        switch self[column] {
        case .timestamp(let value): value
        case .null: nil
        case let other: throw mismatch(column, "a timestamp", other)
        }
    }

    public func int64(_ column: Int) throws(MariaDBError) -> Int64 { try some(int64OrNil(column), column) }
    public func double(_ column: Int) throws(MariaDBError) -> Double { try some(doubleOrNil(column), column) }
    public func string(_ column: Int) throws(MariaDBError) -> String { try some(stringOrNil(column), column) }
    public func bytes(_ column: Int) throws(MariaDBError) -> [UInt8] { try some(bytesOrNil(column), column) }
    public func timestamp(_ column: Int) throws(MariaDBError) -> Timestamp { try some(timestampOrNil(column), column) }
    public func bool(_ column: Int) throws(MariaDBError) -> Bool { try int64(column) != 0 }

    public func uuid(_ column: Int) throws(MariaDBError) -> UUID {
        let bytes = try bytes(column)
        guard bytes.count == 16 else { throw .decoding("column \(column) does not have the 16 bytes of a UUID") }
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    private func some<Value>(_ value: Value?, _ column: Int) throws(MariaDBError) -> Value {
        guard let value else { throw .decoding("column \(column) is NULL") }
        return value
    }

    private func mismatch(_ column: Int, _ wanted: String, _ value: MariaDBValue) -> MariaDBError {
        .decoding("column \(column) is \(value.kind), not \(wanted)")
    }
}
