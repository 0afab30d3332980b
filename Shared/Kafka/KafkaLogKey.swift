import Logging

/// The metadata keys of this module's log lines.
enum KafkaLogKey {
    static let topic = "kafka.topic"
    static let partition = "kafka.partition"
    static let group = "kafka.group"
    static let offset = "kafka.offset"
    static let firstAvailable = "kafka.first_available"
    static let missing = "kafka.missing"
    static let partitions = "kafka.partitions"
    static let error = "kafka.error"
    static let facility = "kafka.facility"
    static let detail = "kafka.detail"
    static let suppressed = "kafka.suppressed"
    static let policy = "kafka.on_gap"
}

extension Logger.Metadata {
    static func kafka(_ partition: TopicPartition) -> Logger.Metadata {
        [KafkaLogKey.topic: "\(partition.topic)", KafkaLogKey.partition: "\(partition.partition)"]
    }

    /// This and more.
    func with(_ more: Logger.Metadata) -> Logger.Metadata { merging(more) { $1 } }
}
