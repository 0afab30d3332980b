import Hummingbird

extension ServiceRequestContext {
    /// Reads the query. Which parameters there may be is declared where the route is registered; unknown and
    /// repeated ones were refused before the handler ran.
    public func query<Value>(_ read: (inout QueryReader) throws -> Value) throws -> Value {
        var reader = QueryReader(items: queryItems)
        return try read(&reader)
    }

    /// `limit` and `after` of a list.
    public func page() throws -> PageRequest { try query { try $0.page() } }
}

/// Reads query parameters.
///
/// - Errors: 400 `invalid-parameter`, naming the parameter and what to change.
public struct QueryReader {
    let items: [(name: String, value: String)]

    /// The text as it came, or `nil` when the parameter is not there.
    public func string(_ name: String, maxLength: Int = 255) throws -> String? {
        guard let text = items.first(where: { $0.name == name })?.value else { return nil }
        guard !text.isEmpty, text.unicodeScalars.count <= maxLength, !text.unicodeScalars.contains("\0") else {
            throw Self.invalid(name, "must be 1 to \(maxLength) characters")
        }
        return text
    }

    /// A positive 64-bit integer.
    public func id(_ name: String) throws -> Int64? {
        try value(name, "must be a whole number from 1 to \(Int64.max)") { PathID.parse($0) }
    }

    /// A whole number within a range.
    public func int(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try value(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of the raw values of `Choice`.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of: Choice.Type = Choice.self
    ) throws -> Choice? where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(name, "must be one of \(names)") { Choice(rawValue: $0) }
    }

    /// An RFC 3339 time.
    public func timestamp(_ name: String) throws -> Timestamp? {
        try value(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z") { Timestamp($0) }
    }

    /// `limit` (1 to 500, default 50) and `after` (what the page before gave as `next`).
    public func page() throws -> PageRequest {
        let limit = try int("limit", in: 1...500) ?? 50
        let after = try value("after", "must be the next of the page before") { PageCursor(text: $0) }
        return PageRequest(limit: limit, after: after)
    }

    private func value<Value>(_ name: String, _ rule: String, _ parse: (String) -> Value?) throws -> Value? {
        guard let text = items.first(where: { $0.name == name })?.value else { return nil }
        guard let value = parse(text) else { throw Self.invalid(name, rule) }
        return value
    }

    private static func invalid(_ name: String, _ rule: String) -> DomainError {
        DomainError(.malformed, slug: "invalid-parameter", detail: "The query parameter \(name) \(rule).")
    }
}
