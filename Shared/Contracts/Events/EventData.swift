/// The data of one domain event, as JSON on the wire; described in `docs/asyncapi.yaml`.
public protocol EventData: Codable, Sendable, Hashable {
    /// Whose state it carries: `mission`, `reward`, `gift`, `telegram`. The topic is `game.<aggregate>`.
    static var aggregate: Aggregate { get }
    /// The entity's id.
    var id: Int64 { get }
    /// The customer whose id is the message's key, so that a customer's events keep their order.
    var customerId: Int64 { get }
    /// The entity's version after the change.
    var version: Int64 { get }
}

/// The kinds of entities that publish events.
public enum Aggregate: String, Sendable, Hashable, Codable, CaseIterable {
    case mission, reward, gift, telegram, bypass

    /// The Kafka topic of this aggregate's events.
    public var topic: String { "game.\(rawValue)" }
}
