import Foundation

/// What a write carries besides its own data: where it came from, and the key under which it may be repeated.
public struct WriteContext: Sendable, Hashable {
    /// One for the whole saga; goes into every event that follows from this write.
    public var correlationID: String
    /// The trace that the write belongs to.
    public var trace: TraceContext
    /// `nil` when the caller gave no `Idempotency-Key`.
    public var idempotency: IdempotencyTicket?
    /// Whose data the write may touch.
    public var scope: Scope

    public init(
        correlationID: String = UUIDv7.make().text,
        trace: TraceContext = TraceContext(),
        idempotency: IdempotencyTicket? = nil,
        scope: Scope = .everyone
    ) {
        self.correlationID = correlationID
        self.trace = trace
        self.idempotency = idempotency
        self.scope = scope
    }
}

/// An `Idempotency-Key` with what it belongs to.
public struct IdempotencyTicket: Sendable, Hashable {
    /// Method and route pattern, such as `POST /missions`; with path parameters filled in.
    public let route: String
    /// Who calls: the token's subject; `-` where callers are not told apart.
    public let caller: String
    /// The header's value, 1 to 255 characters.
    public let key: String
    /// SHA-256 or another collision-resistant digest of the body.
    public let bodyDigest: [UInt8]

    public init(route: String, caller: String, key: String, bodyDigest: [UInt8]) {
        self.route = route
        self.caller = caller
        self.key = key
        self.bodyDigest = bodyDigest
    }
}
