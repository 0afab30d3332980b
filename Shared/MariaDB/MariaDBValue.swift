import Contracts
import Foundation

/// A parameter or a column's value, in the types that travel in the binary protocol.
public enum MariaDBValue: Sendable, Hashable {
    case null
    /// Any integer; `BIGINT`.
    case int8(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    /// `DATETIME(3)` in UTC.
    case timestamp(Timestamp)

    /// 16 bytes, for `BINARY(16)`.
    public static func uuid(_ value: UUID) -> MariaDBValue {
        .bytes(withUnsafeBytes(of: value.uuid) { Array($0) })
    }

    public static func bool(_ value: Bool) -> MariaDBValue { .int8(value ? 1 : 0) }

    public static func int8(_ value: Int64?) -> MariaDBValue { value.map { .int8($0) } ?? .null }

    public static func text(_ value: String?) -> MariaDBValue { value.map { .text($0) } ?? .null }

    public static func timestamp(_ value: Timestamp?) -> MariaDBValue { value.map { .timestamp($0) } ?? .null }

    var kind: String {
        switch self {
        case .null: "NULL"
        case .int8: "an integer"
        case .double: "a floating-point number"
        case .text: "text"
        case .bytes: "bytes"
        case .timestamp: "a timestamp"
        }
    }
}
