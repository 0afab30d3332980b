import CPostgres
import Contracts
import Foundation

/// A parameter of a statement; travels in binary form with its type named.
///
/// The types are strict: a `text` parameter does not fit a `json` column, but is cast with `$1::json`. The elements
/// of an array may be `nil`.
public enum PostgresValue: Sendable {
    case null
    case int8(Int64)
    case int4(Int32)
    case double(Double)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])
    case uuid(UUID)
    /// `timestamptz`.
    case timestamp(Timestamp)
    /// JSON text of type `json`.
    case json([UInt8])

    case int8Array([Int64?])
    case int4Array([Int32?])
    case doubleArray([Double?])
    case boolArray([Bool?])
    case textArray([String?])
    case bytesArray([[UInt8]?])
    case uuidArray([UUID?])
    case timestampArray([Timestamp?])
    case jsonArray([[UInt8]?])

    /// `make(value)`, or `null` where there is no value: `.optional(mission.rewardID, PostgresValue.int8)`.
    public static func optional<Value>(_ value: Value?, _ make: (Value) -> PostgresValue) -> PostgresValue {
        value.map(make) ?? .null
    }

    /// The type to prepare with; 0 lets the server infer it.
    var type: Oid {
        switch self {
        case .null: 0
        case .int8: TypeID.int8
        case .int4: TypeID.int4
        case .double: TypeID.float8
        case .bool: TypeID.bool
        case .text: TypeID.text
        case .bytes: TypeID.bytea
        case .uuid: TypeID.uuid
        case .timestamp: TypeID.timestamptz
        case .json: TypeID.json
        case .int8Array: TypeID.int8Array
        case .int4Array: TypeID.int4Array
        case .doubleArray: TypeID.float8Array
        case .boolArray: TypeID.boolArray
        case .textArray: TypeID.textArray
        case .bytesArray: TypeID.byteaArray
        case .uuidArray: TypeID.uuidArray
        case .timestampArray: TypeID.timestamptzArray
        case .jsonArray: TypeID.jsonArray
        }
    }
}
