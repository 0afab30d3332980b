import Metrics

/// What a consumer knows of one of its partitions; lives on the consumer's thread.
final class PartitionState {
    /// Where the next message should stand.
    enum Next: Equatable {
        /// Nothing was ever committed: whatever comes first is right.
        case anywhere
        /// The committed offset could not be read at assignment; it is asked for when the first message comes.
        case unknown
        case offset(Int64)
    }

    let partition: TopicPartition
    var next: Next
    /// What the group had committed when the partition came here.
    var committed: Int64?
    /// The latest gap; with the policy `stop` nothing more is read.
    var gap: KafkaGap?
    var isStopped = false
    /// The broker refused the position, and a new one could not be found yet: when to try again.
    var repairAt: ContinuousClock.Instant?
    let lag: Gauge
    let missing: Gauge

    init(_ partition: TopicPartition, next: Next, group: String) {
        self.partition = partition
        self.next = next
        if case .offset(let offset) = next { committed = offset }
        let dimensions = [
            ("topic", partition.topic), ("partition", String(partition.partition)), ("group", group),
        ]
        lag = Gauge(label: "consumer_lag", dimensions: dimensions)
        missing = Gauge(label: "kafka_gap_messages", dimensions: dimensions)
        missing.record(0)
    }

    /// The partition is another member's now, and so is its lag. A series of ours outlives its handle, so it must not
    /// keep the last value.
    func retire() {
        lag.record(0)
        missing.record(0)
        lag.destroy()
        missing.destroy()
    }
}
