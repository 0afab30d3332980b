import Foundation

/// An event that is about to be written to the outbox, in the transaction of the change it tells of.
public struct NewEvent: Sendable, Hashable {
    public var id: UUID
    public var aggregate: Aggregate
    public var aggregateID: Int64
    public var type: String
    /// The Kafka key: the customer's id.
    public var key: String
    /// The data as JSON.
    public var payload: [UInt8]
    public var correlationID: String
    public var trace: TraceContext
    public var time: Timestamp

    public init(
        id: UUID, aggregate: Aggregate, aggregateID: Int64, type: String, key: String, payload: [UInt8],
        correlationID: String, trace: TraceContext, time: Timestamp
    ) {
        self.id = id
        self.aggregate = aggregate
        self.aggregateID = aggregateID
        self.type = type
        self.key = key
        self.payload = payload
        self.correlationID = correlationID
        self.trace = trace
        self.time = time
    }

    public init<Data: EventData, EventType: RawRepresentable>(
        _ type: EventType, _ data: Data, in context: WriteContext
    ) where EventType.RawValue == String {
        self.init(type, data, correlationID: context.correlationID, trace: context.trace)
    }

    public init<Data: EventData, EventType: RawRepresentable>(
        _ type: EventType, _ data: Data, correlationID: String, trace: TraceContext
    ) where EventType.RawValue == String {
        id = UUIDv7.make()
        aggregate = Data.aggregate
        aggregateID = data.id
        self.type = type.rawValue
        key = String(data.customerId)
        payload = JSON.encode(data)
        self.correlationID = correlationID
        self.trace = trace
        time = .now
    }
}

/// JSON as events and answers use it: sorted keys, unescaped slashes.
public enum JSON {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    /// - Precondition: `value` has a JSON form; our own types have.
    public static func encode(_ value: some Encodable) -> [UInt8] {
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            preconditionFailure("a value of our own has no JSON form: \(error)")
        }
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try decoder.decode(type, from: Data(bytes))
    }
}
