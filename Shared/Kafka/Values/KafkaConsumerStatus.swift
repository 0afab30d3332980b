/// What a consumer knew of itself at its latest poll.
public struct KafkaConsumerStatus: Sendable, Hashable {
    /// The partitions that the group has given to this member.
    public var assigned: [TopicPartition] = []
    /// Gaps found so far in the assigned partitions, the latest of each.
    public var gaps: [KafkaGap] = []
    /// Messages between what was committed (or is being committed) and the end of the log, where that is known.
    public var lag: [TopicPartition: Int64] = [:]
    /// The group has answered with an assignment, be it an empty one, and has not taken the membership back.
    public var isJoined = false
    /// Some broker has answered since the last time that all were away.
    public var isConnected = false
    /// Reading waits for ``KafkaConsumer/resumeAll()``.
    public var isPaused = false
    /// An error that this consumer cannot recover from, such as another member with the same instance id.
    public var fatalError: KafkaError?

    public init() {}

    /// One line for a health check.
    public var summary: String {
        if let fatalError { return "failed: \(fatalError)" }
        var parts = [isJoined ? "joined" : "not joined", "\(assigned.count) partitions"]
        if !isConnected { parts.append("no broker") }
        if isPaused { parts.append("paused") }
        parts.append("lag \(lag.values.reduce(0, +))")
        for gap in gaps {
            parts.append("gap in \(gap.topic)[\(gap.partition)]: \(gap.missing) messages missing from \(gap.committed)")
        }
        return parts.joined(separator: ", ")
    }
}
