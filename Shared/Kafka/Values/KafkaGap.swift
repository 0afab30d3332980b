/// Messages that were dropped from the log before this consumer's group had read them.
public struct KafkaGap: Sendable, Hashable {
    public var topic: String
    public var partition: Int32
    /// The offset that was to be read next.
    public var committed: Int64
    /// The oldest offset that is still there.
    public var firstAvailable: Int64
    /// How many offsets lie between; 0 when the log is shorter than what was read, because it was made anew.
    public var missing: Int64

    public init(topic: String, partition: Int32, committed: Int64, firstAvailable: Int64, missing: Int64) {
        self.topic = topic
        self.partition = partition
        self.committed = committed
        self.firstAvailable = firstAvailable
        self.missing = missing
    }
}
