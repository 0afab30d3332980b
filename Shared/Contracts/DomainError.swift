/// A refusal that the caller can understand and act on.
///
/// Thrown by domain code and repositories; inbound code alone turns it into an HTTP status or a dead letter. It is
/// `Codable` because a refusal is remembered under its idempotency key like a success.
public struct DomainError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What the refusal means for the caller.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// The request itself is wrong; the same request will be refused again. HTTP 422.
        case invalid
        /// The body or a parameter cannot be read at all. HTTP 400.
        case malformed
        /// The entity does not exist. HTTP 404.
        case notFound
        /// The entity's present state does not allow it. HTTP 409.
        case conflict
        /// Not possible right now; the same request may pass later. HTTP 503.
        case unavailable
        /// The caller or the service is over its limit. HTTP 429.
        case overloaded
        /// The body is larger than what is taken. HTTP 413.
        case tooLarge
        /// The body's media type is not taken. HTTP 415.
        case unsupportedMediaType
        /// The caller did not prove who it is. HTTP 401.
        case unauthenticated
        /// The caller may not do this. HTTP 403.
        case forbidden
    }

    public var kind: Kind
    /// Stable name of the refusal, in kebab case; clients may branch on it.
    public var slug: String
    /// One sentence that says what to change.
    public var detail: String
    /// Seconds after which a repeat makes sense, or `nil`.
    public var retryAfter: Int?

    public init(_ kind: Kind, slug: String, detail: String, retryAfter: Int? = nil) {
        self.kind = kind
        self.slug = slug
        self.detail = detail
        self.retryAfter = retryAfter
    }

    public var description: String { "\(slug): \(detail)" }
}

extension DomainError {
    /// A field whose value cannot be taken.
    ///
    /// - Parameter requirement: What the value must be, to follow "The field `name` …".
    public static func invalidField(_ name: String, _ requirement: String) -> DomainError {
        DomainError(.invalid, slug: "invalid-field", detail: "The field \(name) \(requirement).")
    }
}
