import CRdkafka
import Logging

/// A consumer as its own thread sees it: polls, checks offsets, and serves librdkafka's callbacks.
///
/// Not Sendable: made on the consumer's thread, and it stays there.
final class ConsumerSession {
    /// How long a question to the broker may hold up a poll.
    static let questionTimeout = Duration.seconds(5)

    let handle: ClientHandle
    let shared: ConsumerShared
    let configuration: KafkaConsumerConfiguration
    let logger: Logger
    var partitions: [TopicPartition: PartitionState] = [:]
    var isPaused = false
    var isJoined = false
    var liveness = Liveness(now: .now)
    var isClosed = false
    var statusAt = ContinuousClock.now
    private var isSubscribed = false
    /// The partition of the latest message: most messages have the same one as the message before.
    private var latest: (topic: OpaquePointer, state: PartitionState)?

    init(
        handle: ClientHandle, shared: ConsumerShared, configuration: KafkaConsumerConfiguration, logger: Logger
    ) {
        self.handle = handle
        self.shared = shared
        self.configuration = configuration
        self.logger = logger
        handle.context.session = self
    }

    func poll(maxMessages: Int, maxBytes: Int, timeout: Duration) throws -> [KafkaMessage] {
        var messages: [KafkaMessage] = []
        try poll(maxMessages: maxMessages, maxBytes: maxBytes, timeout: timeout) { message, partition in
            let copy = KafkaMessage(copying: message, topic: partition.topic)
            messages.append(copy)
            return copy.size
        }
        return messages
    }

    func pollValues(maxMessages: Int, maxBytes: Int, timeout: Duration) throws -> [KafkaValues] {
        var all: [KafkaValues] = []
        try poll(maxMessages: maxMessages, maxBytes: maxBytes, timeout: timeout) { message, partition in
            let content = message.pointee
            let value = content.payload.map { UnsafeRawBufferPointer(start: $0, count: content.len) }
            // Fetches bring one partition's messages one behind the other.
            if all.last?.partition != partition, let known = all.firstIndex(where: { $0.partition == partition }) {
                all.swapAt(known, all.count - 1)
            } else if all.last?.partition != partition {
                all.append(KafkaValues(partition))
            }
            all[all.count - 1].append(value, offset: content.offset)
            return content.len
        }
        return all
    }

    /// The first poll joins the group. Waits for the first message, then takes those that are there.
    ///
    /// - Parameter keep: Copies a message and returns what it takes in memory.
    private func poll(
        maxMessages: Int, maxBytes: Int, timeout: Duration,
        keep: (UnsafeMutablePointer<rd_kafka_message_t>, TopicPartition) -> Int
    ) throws {
        guard !isClosed else { throw KafkaError(.closed) }
        try subscribe()
        applyPause()
        shared.updateCommits { $0.due(now: .now) }
        repairPositions(now: .now)
        let deadline = ContinuousClock.now + timeout
        var (count, bytes) = (0, 0)
        while count < maxMessages, bytes < maxBytes {
            let wait = count == 0 ? deadline - .now : .zero
            guard let message = rd_kafka_consumer_poll(handle.pointer, wait.timeout) else { break }
            defer { rd_kafka_message_destroy(message) }
            if let partition = admit(message) {
                bytes += keep(message, partition)
                count += 1
            }
        }
        look(isHeard: count > 0)
        let fatal = count == 0 ? handle.fatalError : nil
        publishStatus(now: .now, isForced: fatal != nil)
        if let fatal { throw fatal }
    }

    /// Assignments change: what was remembered of a topic's address may not hold any more.
    func forgetLatest() { latest = nil }

    private func subscribe() throws(KafkaError) {
        guard !isSubscribed else { return }
        let topics = PartitionList(
            configuration.topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        try KafkaError.check(topics.withPointer { rd_kafka_subscribe(handle.pointer, $0) })
        isSubscribed = true
    }

    /// Does what the owner's `pauseAll` and `resumeAll` asked for since the last poll.
    private func applyPause() {
        let isWanted = shared.isPauseWanted.withLock { $0 }
        guard isWanted != isPaused else { return }
        isPaused = isWanted
        let affected = partitions.values.filter { !$0.isStopped }.map(\.partition)
        if isWanted { handle.pause(affected) } else { handle.resume(affected) }
        statusAt = .now
    }

    /// The partition of a message that is to be handed on.
    private func admit(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> TopicPartition? {
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            noteFailure(message)
            return nil
        }
        guard let state = state(of: message), !state.isStopped else { return nil }
        let offset = message.pointee.offset
        if state.next != .offset(offset), !admits(offset, state) { return nil }
        state.next = .offset(offset + 1)
        return state.partition
    }

    private func state(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> PartitionState? {
        guard let topic = message.pointee.rkt else { return nil }
        let number = message.pointee.partition
        if let latest, latest.topic == topic, latest.state.partition.partition == number { return latest.state }
        let name = String(cString: rd_kafka_topic_name(topic))
        guard let state = partitions[TopicPartition(topic: name, partition: number)] else { return nil }
        latest = (topic, state)
        return state
    }
}
