/// Which group a consumer belongs to, what it reads, and how it behaves.
public struct KafkaConsumerConfiguration: Sendable {
    public var kafka: KafkaConfiguration
    /// The group's name; its members share the partitions.
    public var group: String
    public var topics: [String]
    /// A name that stays with this member across restarts (static membership, KIP-345), such as the pod's name.
    ///
    /// Two living members with one name fence each other: the older one fails for good.
    public var instanceID: String?
    /// What to do when unread messages are gone from the log.
    public var onGap: GapPolicy
    /// How long the group waits for a member that is silent before it gives its partitions away.
    public var sessionTimeout: Duration
    /// How long a member may go without ``KafkaConsumer/poll(maxMessages:maxBytes:timeout:)`` before it leaves.
    public var maxPollInterval: Duration

    public init(
        _ kafka: KafkaConfiguration, group: String, topics: [String], instanceID: String? = nil,
        onGap: GapPolicy = .stop, sessionTimeout: Duration = .seconds(10), maxPollInterval: Duration = .seconds(300)
    ) {
        self.kafka = kafka
        self.group = group
        self.topics = topics
        self.instanceID = instanceID
        self.onGap = onGap
        self.sessionTimeout = sessionTimeout
        self.maxPollInterval = maxPollInterval
    }

    /// Bounded: prefetching holds at most 32 MiB. Under a second of traffic less would stall (librdkafka before 2.2
    /// pauses fetching for one second when its local queue is full).
    var defaults: [(String, String)] {
        let heartbeat = min(max(sessionTimeout.milliseconds / 10, 100), 3000)
        var all = [
            ("group.id", group),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("session.timeout.ms", String(sessionTimeout.milliseconds)),
            ("heartbeat.interval.ms", String(heartbeat)),
            ("max.poll.interval.ms", String(max(maxPollInterval, sessionTimeout).milliseconds)),
            ("queued.max.messages.kbytes", "32768"),
            ("topic.metadata.refresh.interval.ms", "10000"),
        ]
        if let instanceID { all.append(("group.instance.id", instanceID)) }
        return all
    }
}
