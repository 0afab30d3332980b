/// A record to be published.
public struct KafkaRecord: Sendable, Hashable {
    public var topic: String
    /// Decides the partition; records with the same key keep their order. `nil` spreads them.
    public var key: [UInt8]?
    /// `nil` is a tombstone, which is not the same as an empty value.
    public var value: [UInt8]?
    public var headers: [KafkaHeader]

    public init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}
