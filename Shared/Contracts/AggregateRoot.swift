/// An entity with an identity and a version that counts its changes: 1, 2, 3 …
public protocol AggregateRoot: Codable, Sendable {
    var id: Int64 { get }
    var version: Int64 { get }
}
