/// The body of a request: a JSON object of known fields, read field by field.
///
/// ```swift
/// struct NewMission: JSONBody {
///     static let fields = ["customerId", "title", "status"]
///     let customerId: Int64
///     let title: String?
///     let status: MissionStatus
///
///     init(_ fields: inout JSONFields) throws {
///         customerId = try fields.id("customerId")
///         title = try fields.optionalString("title", maxLength: 200)
///         status = try fields.optionalChoice("status", of: [.created, .achieved]) ?? .created
///     }
/// }
/// ```
public protocol JSONBody: Sendable {
    /// Every field there may be; others are refused with 422 `unknown-field`.
    static var fields: [String] { get }
    /// Whether other fields are let pass; only for formats that others own.
    static var allowsUnknownFields: Bool { get }

    init(_ fields: inout JSONFields) throws
}

extension JSONBody {
    public static var allowsUnknownFields: Bool { false }

    /// Parses and checks a body.
    ///
    /// - Errors: 400 `malformed-json`; 422 `unknown-field`, `missing-field` or `invalid-field`.
    public init(json bytes: [UInt8]) throws {
        try self.init(value: try JSONValue.parse(bytes), path: "")
    }

    init(value: JSONValue, path: String) throws {
        guard case .object(let members) = value else {
            let subject = path.isEmpty ? "The body" : "The field \(path)"
            throw DomainError(
                .invalid, slug: "invalid-field", detail: "\(subject) must be a JSON object, not \(value.kind).")
        }
        if !Self.allowsUnknownFields, let unknown = members.first(where: { !Self.fields.contains($0.name) }) {
            let name = SafeText.singleLine(path + unknown.name, limit: 80)
            throw DomainError(
                .invalid, slug: "unknown-field",
                detail: "There is no field \"\(name)\"; the fields are \(Self.fields.joined(separator: ", ")).")
        }
        var fields = JSONFields(members: members, path: path.isEmpty ? "" : path + ".")
        try self.init(&fields)
    }
}
