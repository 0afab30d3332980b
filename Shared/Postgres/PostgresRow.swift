import CPostgres
import Contracts
import Foundation

/// One row; its columns are counted from 0.
///
/// Each accessor checks the column's type and throws ``PostgresError`` with code `decoding` where it is another one,
/// or where the value is `NULL` and the accessor does not end in `OrNil`.
public struct PostgresRow {
    let result: ResultHandle
    let row: Int

    /// From `int2`, `int4` or `int8`.
    public func int64(_ column: Int) throws -> Int64 { try value(column, "integer", BinaryValue.int64) }
    public func int64OrNil(_ column: Int) throws -> Int64? { try optional(column, "integer", BinaryValue.int64) }

    /// From `int2` or `int4`.
    public func int32(_ column: Int) throws -> Int32 { try value(column, "int4", BinaryValue.int32) }
    public func int32OrNil(_ column: Int) throws -> Int32? { try optional(column, "int4", BinaryValue.int32) }

    /// From `float4` or `float8`.
    public func double(_ column: Int) throws -> Double { try value(column, "float", BinaryValue.double) }
    public func doubleOrNil(_ column: Int) throws -> Double? { try optional(column, "float", BinaryValue.double) }

    public func bool(_ column: Int) throws -> Bool { try value(column, "bool", BinaryValue.bool) }
    public func boolOrNil(_ column: Int) throws -> Bool? { try optional(column, "bool", BinaryValue.bool) }

    /// From `text`, `varchar`, `char(n)`, `name`, `json`, `jsonb` or an enum.
    public func string(_ column: Int) throws -> String { try value(column, "text", BinaryValue.string) }
    public func stringOrNil(_ column: Int) throws -> String? { try optional(column, "text", BinaryValue.string) }

    /// From `bytea`, `json`, `jsonb`, `text` or `varchar`.
    public func bytes(_ column: Int) throws -> [UInt8] { try value(column, "bytes", BinaryValue.bytes) }
    public func bytesOrNil(_ column: Int) throws -> [UInt8]? { try optional(column, "bytes", BinaryValue.bytes) }

    public func uuid(_ column: Int) throws -> UUID { try value(column, "uuid", BinaryValue.uuid) }
    public func uuidOrNil(_ column: Int) throws -> UUID? { try optional(column, "uuid", BinaryValue.uuid) }

    /// From `timestamptz`, or from `timestamp` taken as UTC; cut to milliseconds.
    public func timestamp(_ column: Int) throws -> Timestamp {
        try value(column, "timestamp", BinaryValue.timestamp)
    }
    public func timestampOrNil(_ column: Int) throws -> Timestamp? {
        try optional(column, "timestamp", BinaryValue.timestamp)
    }

    func value<Value>(
        _ column: Int, _ expected: String, _ read: (Oid, UnsafeRawBufferPointer) -> Value?
    ) throws -> Value {
        guard let value = try optional(column, expected, read) else { throw mismatch(column, "\(expected), not NULL") }
        return value
    }

    func optional<Value>(
        _ column: Int, _ expected: String, _ read: (Oid, UnsafeRawBufferPointer) -> Value?
    ) throws -> Value? {
        guard column >= 0, column < result.columnCount else { throw mismatch(column, expected) }
        return try result.withValue(row: row, column: column) { bytes in
            guard let bytes else { return nil }
            guard let value = read(result.type(of: column), bytes) else { throw mismatch(column, expected) }
            return value
        }
    }

    private func mismatch(_ column: Int, _ expected: String) -> PostgresError {
        guard column >= 0, column < result.columnCount else {
            return PostgresError(.decoding, "a result has no column \(column)")
        }
        let (name, type) = (result.name(of: column), result.type(of: column))
        return PostgresError(
            .decoding, "column \(column) (\(name)) cannot be read as \(expected)", detail: "its type's oid is \(type)")
    }
}
