import Kafka

/// A dead letter as it stands in its topic.
public struct StoredDeadLetter: Sendable {
    /// The message in the dead-letter topic.
    public let message: KafkaMessage
    /// Where the message came from.
    public let origin: (topic: String, partition: String, offset: String)
    public let reason: String
    public let exception: String
    public let consumer: String
    public let failedAt: String
    /// The value was too large and has been cut; it cannot be replayed.
    public let isTruncated: Bool

    /// `nil` when the message carries no `dlq-topic`, so that nobody knows where it belongs.
    public init?(_ message: KafkaMessage) {
        func text(_ name: String) -> String? {
            message.headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        guard let topic = text("dlq-topic") else { return nil }
        self.message = message
        origin = (topic, text("dlq-partition") ?? "", text("dlq-offset") ?? "")
        reason = text("dlq-reason") ?? ""
        exception = text("dlq-exception") ?? ""
        consumer = text("dlq-consumer") ?? ""
        failedAt = text("dlq-failed-at") ?? ""
        isTruncated = text("dlq-truncated") == "true"
    }

    /// `partition-offset` in the dead-letter topic; names one letter for a replay.
    public var id: String { "\(message.partition)-\(message.offset)" }

    /// The message as it first came, to its first topic; `nil` when it was cut.
    public var original: KafkaRecord? {
        guard !isTruncated else { return nil }
        return KafkaRecord(
            topic: origin.topic, key: message.key, value: message.value,
            headers: message.headers.filter { !$0.name.hasPrefix("dlq-") })
    }
}
