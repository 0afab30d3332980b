import CRdkafka
import Logging
import WorkerThreads

/// A member of a consumer group. Offsets are committed when the owner says so, and only then.
///
/// - One thread of its own does all of librdkafka's blocking calls; `poll` is a job for it.
/// - Partitions without a committed offset are read from their beginning.
/// - Unread messages that are gone from the log are never passed over in silence; see ``GapPolicy``.
/// - The owner has to poll within ``KafkaConsumerConfiguration/maxPollInterval``, else the member leaves the group, the
///   partitions go to others, and the next poll joins again. An owner that cannot take messages for a while calls
///   ``pauseAll()`` and goes on polling: it gets nothing and keeps its place.
public final class KafkaConsumer: Sendable {
    private let shared: ConsumerShared
    private let worker: WorkerThreads<ConsumerSession>

    /// Makes the client; the group is joined by the first poll.
    ///
    /// - Throws: ``KafkaError`` `.configuration`.
    public init(_ configuration: KafkaConsumerConfiguration, logger: Logger) throws(KafkaError) {
        let conf = try ClientConf(configuration.kafka, defaults: configuration.defaults)
        let handle = try ClientHandle(
            RD_KAFKA_CONSUMER, conf, tokenFile: configuration.kafka.tokenFile, logger: logger,
            prepare: ConsumerSession.setCallbacks)
        let shared = ConsumerShared(handle: handle, group: configuration.group)
        self.shared = shared
        worker = WorkerThreads(name: "kafka-consumer", count: 1, queueLimit: 16) {
            ConsumerSession(handle: handle, shared: shared, configuration: configuration, logger: logger)
        }
    }

    /// Waits for messages, at most `timeout`, and returns those that are there; may return none before.
    ///
    /// - Parameters:
    ///   - maxMessages: The most messages to return.
    ///   - maxBytes: No further message is added once keys, values and headers come to this.
    /// - Throws: ``KafkaError`` `.closed`, or with `isFatal` when this member cannot go on; `CancellationError` when
    ///   the task was cancelled before the poll began. A cancelled poll that waits returns at once.
    public func poll(maxMessages: Int, maxBytes: Int, timeout: Duration) async throws -> [KafkaMessage] {
        try await interruptibly { try $0.poll(maxMessages: maxMessages, maxBytes: maxBytes, timeout: timeout) }
    }

    /// The same for values alone, packed partition by partition.
    public func pollValues(maxMessages: Int, maxBytes: Int, timeout: Duration) async throws -> [KafkaValues] {
        try await interruptibly { try $0.pollValues(maxMessages: maxMessages, maxBytes: maxBytes, timeout: timeout) }
    }

    private func interruptibly<Value: Sendable>(
        _ body: @escaping @Sendable (ConsumerSession) throws -> Value
    ) async throws -> Value {
        try await withTaskCancellationHandler {
            do {
                return try await worker.run(body)
            } catch WorkerThreadsError.closed {
                throw KafkaError(.closed)
            }
        } onCancel: {
            shared.interrupt()
        }
    }

    /// The owner is done with these messages: commits the offsets after them, in the background.
    ///
    /// One commit is on its way at a time; what is asked for meanwhile follows it, and the latest offset of each
    /// partition wins. What fails is tried again. Partitions that have left this member meanwhile are left out.
    public func commit(_ messages: [KafkaMessage]) {
        var offsets: [TopicPartition: Int64] = [:]
        var latest: (partition: TopicPartition, offset: Int64)?
        for message in messages {
            if let current = latest, current.partition.partition == message.partition,
                current.partition.topic == message.topic
            {
                latest?.offset = max(current.offset, message.offset + 1)
            } else {
                if let latest { offsets[latest.partition] = max(latest.offset, offsets[latest.partition] ?? 0) }
                latest = (message.topicPartition, message.offset + 1)
            }
        }
        if let latest { offsets[latest.partition] = max(latest.offset, offsets[latest.partition] ?? 0) }
        commit(offsets)
    }

    /// Commits these offsets, each the one after the last message that the owner is done with, in the background.
    public func commit(_ offsets: [TopicPartition: Int64]) {
        guard !offsets.isEmpty else { return }
        shared.updateCommits { $0.request(offsets) }
    }

    /// Commits what has been asked for so far and waits for the group's answer.
    ///
    /// - Throws: ``KafkaError``, also `.timedOut`; the commit is still tried again in the background.
    public func commitSync(timeout: Duration) async throws {
        try await worker.run { try $0.commitAndWait(timeout) }
    }

    /// From the next poll on no message is returned, from partitions that come later neither.
    public func pauseAll() { shared.isPauseWanted.withLock { $0 = true } }

    /// From the next poll on messages are returned again, from where they stopped.
    public func resumeAll() { shared.isPauseWanted.withLock { $0 = false } }

    /// What was known at the latest poll; renewed at most once a second.
    public var status: KafkaConsumerStatus { shared.status.withLock { $0 } }

    /// One line for a health check; costs next to nothing.
    public var statusSummary: String { status.summary }

    /// Commits what was asked for, hands the partitions back, leaves the group and ends; takes at most some six seconds,
    /// which it does only without a broker.
    ///
    /// Also does so when the caller's task is cancelled.
    public func close() async {
        shared.interrupt()
        // A bridge: work for the thread is refused to a cancelled task, and this work must be done nevertheless.
        await Task { [worker] in
            _ = try? await worker.run { $0.close() }
            await worker.close()
        }.value
    }
}
