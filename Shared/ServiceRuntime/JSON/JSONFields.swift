/// Reads the fields of a JSON object.
///
/// - Errors: 422 `missing-field` or `invalid-field`, naming the field and what to change. A field that is `null` counts
///   as one that is not there.
public struct JSONFields {
    private let members: [JSONMember]
    private let path: String

    init(members: [JSONMember], path: String) {
        self.members = members
        self.path = path
    }

    /// Whether the field is there.
    public func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    /// The field's value of whatever kind, `null` included, or `nil` when it is not there.
    public func raw(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }

    /// A whole number within a range.
    public func optionalInt64(_ name: String, in range: ClosedRange<Int64> = .min ... .max) throws -> Int64? {
        let rule = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        return try optional(name, rule) { value in
            guard let number = value.int64, range.contains(number) else { return nil }
            return number
        }
    }

    /// A whole number within a range; required.
    public func int64(_ name: String, in range: ClosedRange<Int64> = .min ... .max) throws -> Int64 {
        try required(name, try optionalInt64(name, in: range))
    }

    /// An entity's id: a positive 64-bit integer.
    public func optionalID(_ name: String) throws -> Int64? { try optionalInt64(name, in: 1 ... .max) }

    /// An entity's id; required.
    public func id(_ name: String) throws -> Int64 { try required(name, try optionalID(name)) }

    /// A number.
    public func optionalDouble(_ name: String) throws -> Double? {
        try optional(name, "must be a number") { value in
            guard case .number(let text) = value, let number = Double(text), number.isFinite else { return nil }
            return number
        }
    }

    /// A text of `minLength` to `maxLength` Unicode scalars, without U+0000 (which no database stores).
    public func optionalString(_ name: String, minLength: Int = 0, maxLength: Int) throws -> String? {
        let rule = "must be a string of \(minLength) to \(maxLength) characters without U+0000"
        return try optional(name, rule) { value in
            guard case .string(let text) = value, !text.unicodeScalars.contains("\0"),
                (minLength...maxLength).contains(text.unicodeScalars.count)
            else { return nil }
            return text
        }
    }

    /// A text; required.
    public func string(_ name: String, minLength: Int = 1, maxLength: Int) throws -> String {
        try required(name, try optionalString(name, minLength: minLength, maxLength: maxLength))
    }

    /// `true` or `false`.
    public func optionalBool(_ name: String) throws -> Bool? {
        try optional(name, "must be true or false") { value in
            guard case .bool(let flag) = value else { return nil }
            return flag
        }
    }

    /// One of the raw values of `Choice`, or of those in `allowed`.
    public func optionalChoice<Choice: RawRepresentable & CaseIterable & Equatable>(
        _ name: String, of allowed: [Choice]? = nil
    ) throws -> Choice? where Choice.RawValue == String {
        let allowed = allowed ?? Array(Choice.allCases)
        let names = allowed.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return try optional(name, allowed.count == 1 ? "must be \(names)" : "must be one of \(names)") { value in
            guard case .string(let text) = value, let choice = Choice(rawValue: text) else { return nil }
            return allowed.contains(choice) ? choice : nil
        }
    }

    /// One of the raw values of `Choice`, or of those in `allowed`; required.
    public func choice<Choice: RawRepresentable & CaseIterable & Equatable>(
        _ name: String, of allowed: [Choice]? = nil
    ) throws -> Choice where Choice.RawValue == String {
        try required(name, try optionalChoice(name, of: allowed))
    }

    /// An RFC 3339 time.
    public func optionalTimestamp(_ name: String) throws -> Timestamp? {
        try optional(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z") { value in
            guard case .string(let text) = value else { return nil }
            return Timestamp(text)
        }
    }

    /// An object of known fields.
    public func optionalObject<Body: JSONBody>(_ name: String, as: Body.Type = Body.self) throws -> Body? {
        guard let value = raw(name), value != .null else { return nil }
        return try Body(value: value, path: path + name)
    }

    /// An array of objects of known fields.
    public func optionalObjects<Body: JSONBody>(
        _ name: String, maxCount: Int, as: Body.Type = Body.self
    ) throws -> [Body]? {
        guard let value = raw(name), value != .null else { return nil }
        guard case .array(let values) = value, values.count <= maxCount else {
            throw invalid(name, "must be an array of at most \(maxCount) objects")
        }
        return try values.enumerated().map { try Body(value: $1, path: "\(path)\(name)[\($0)]") }
    }

    /// A refusal of a field for a reason of the caller's own, which continues "The field x …".
    public func invalid(_ name: String, _ rule: String) -> DomainError {
        DomainError(.invalid, slug: "invalid-field", detail: "The field \(path)\(name) \(rule).")
    }

    private func optional<Value>(_ name: String, _ rule: String, _ read: (JSONValue) -> Value?) throws -> Value? {
        guard let value = raw(name), value != .null else { return nil }
        guard let result = read(value) else { throw invalid(name, rule) }
        return result
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else {
            throw DomainError(
                .invalid, slug: "missing-field", detail: "The field \(path)\(name) is missing; it is required.")
        }
        return value
    }
}
