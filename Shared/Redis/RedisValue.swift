/// One answer of the server; its bytes are copies and outlive the connection.
public enum RedisValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case status(String)
    case bytes([UInt8])
    case array([RedisValue])
    case error(RedisError)

    /// A whole number, or a text that is one.
    ///
    /// - Throws: ``RedisError`` `.decoding`, or the server's own error.
    public func int() throws(RedisError) -> Int64 {
        switch self {
        case .integer(let value): return value
        case .error(let error): throw error
        default:
            guard let text = try optionalString(), let value = Int64(text) else {
                throw .decoding("Redis answered something that is not a number")
            }
            return value
        }
    }

    /// A text, or `nil` when there is none. Bytes that are not UTF-8 are repaired.
    public func optionalString() throws(RedisError) -> String? {
        switch self {
        case .null: return nil
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .status(let text): return text
        case .integer(let value): return String(value)
        case .error(let error): throw error
        case .array: throw .decoding("Redis answered a list where a text was expected")
        }
    }

    /// The elements of a list; nothing counts as an empty list.
    public func list() throws(RedisError) -> [RedisValue] {
        switch self {
        case .array(let values): return values
        case .null: return []
        case .error(let error): throw error
        default: throw .decoding("Redis answered a single value where a list was expected")
        }
    }

    /// The texts of a list.
    public func strings() throws(RedisError) -> [String] {
        var texts: [String] = []
        for value in try list() { texts.append(try value.optionalString() ?? "") }
        return texts
    }

    /// The fields of a hash.
    public func fields() throws(RedisError) -> [String: String] {
        let texts = try strings()
        guard texts.count.isMultiple(of: 2) else { throw .decoding("Redis answered half a hash") }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: texts.count, by: 2) { fields[texts[index]] = texts[index + 1] }
        return fields
    }

    /// Throws the server's error, if it is one.
    @discardableResult
    public func checked() throws(RedisError) -> RedisValue {
        if case .error(let error) = self { throw error }
        return self
    }
}
