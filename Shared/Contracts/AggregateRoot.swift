/// An entity with an identity and a version that counts its changes: 1, 2, 3 …
public protocol AggregateRoot: Codable, Sendable {
    var id: Int64 { get }
    var version: Int64 { get }
    /// The customer that it belongs to. What is nobody's is out of every customer's reach.
    var owner: Int64? { get }
}

extension AggregateRoot {
    public var owner: Int64? { nil }
}
