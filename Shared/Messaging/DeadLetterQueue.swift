import Contracts
import Kafka
import Logging
import Metrics
import Resilience

/// Sets messages aside in `<topic>.dlq`, as they came, with the reason in headers.
public struct DeadLetterQueue: Sendable {
    /// Longest value that a dead letter carries; a longer one is cut and marked `dlq-truncated: true`.
    ///
    /// Leaves room for headers below a broker's usual limit of 1,000,000 bytes.
    public static let maxValueBytes = 900_000

    private let producer: KafkaProducer
    private let consumer: String
    private let logger: Logger
    private let backoff = Backoff(base: .milliseconds(20), limit: .seconds(2))

    /// - Parameter consumer: Name of the consumer group that gave up, for `dlq-consumer`.
    public init(producer: KafkaProducer, consumer: String, logger: Logger) {
        self.producer = producer
        self.consumer = consumer
        self.logger = logger
    }

    /// Publishes the dead letters and returns when the broker has them; waits as long as the broker is away.
    public func publish(_ letters: [DeadLetter]) async throws {
        guard !letters.isEmpty else { return }
        var pending = letters.map { record(for: $0) }
        var attempt = 0
        while !pending.isEmpty {
            if attempt > 0 { try await Task.sleep(for: backoff.pause(afterAttempt: attempt)) }
            attempt += 1
            let results: [Result<Void, KafkaError>]
            do {
                results = try await producer.send(pending)
            } catch let error as KafkaError where error.isRetriable {
                continue
            }
            // A client that failed for good is replaced.
            if results.contains(where: { if case .failure(let error) = $0 { error.isFatal } else { false } }) {
                producer.purge()
            }
            pending = zip(pending, results).compactMap { record, result in
                guard case .failure(let error) = result else { return nil }
                logger.error("A dead letter was refused; it is tried again", metadata: ["kafka.error": "\(error)"])
                return error.code == .messageTooLarge ? Self.shortened(record) : record
            }
        }
        for letter in letters {
            Counter(
                label: "dead_letters_total", dimensions: [("topic", letter.message.topic), ("reason", letter.reason)]
            )
            .increment()
            logger.error(
                "A message became a dead letter",
                metadata: [
                    "kafka.topic": "\(letter.message.topic)", "kafka.partition": "\(letter.message.partition)",
                    "kafka.offset": "\(letter.message.offset)", "dlq.reason": "\(letter.reason)",
                    "dlq.exception": "\(letter.detail)",
                ]
            )
        }
    }

    private func record(for letter: DeadLetter) -> KafkaRecord {
        let message = letter.message
        var headers = message.headers.filter { !$0.name.hasPrefix("dlq-") }
        func add(_ name: String, _ value: String) { headers.append(KafkaHeader(name: name, value: Array(value.utf8))) }
        add("dlq-reason", letter.reason)
        add("dlq-exception", letter.detail)
        add("dlq-attempts", String(letter.attempts))
        add("dlq-consumer", consumer)
        add("dlq-topic", message.topic)
        add("dlq-partition", String(message.partition))
        add("dlq-offset", String(message.offset))
        add("dlq-failed-at", Timestamp.now.description)
        let record = KafkaRecord(
            topic: "\(message.topic).dlq", key: message.key, value: message.value, headers: headers)
        guard let value = message.value, value.count > Self.maxValueBytes else { return record }
        return Self.cut(record, to: Self.maxValueBytes)
    }

    /// What is tried after a refusal: half of the value, and in the end none of it and none of the foreign headers.
    private static func shortened(_ record: KafkaRecord) -> KafkaRecord {
        if let value = record.value, value.count > 1 { return cut(record, to: value.count / 2) }
        var bare = record
        bare.key = record.key.map { Array($0.prefix(1000)) }
        bare.headers = record.headers.filter { $0.name.hasPrefix("dlq-") }
        return bare
    }

    private static func cut(_ record: KafkaRecord, to count: Int) -> KafkaRecord {
        var short = record
        short.value = record.value.map { Array($0.prefix(count)) }
        short.headers.removeAll { $0.name == "dlq-truncated" }
        short.headers.append(KafkaHeader(name: "dlq-truncated", value: Array("true".utf8)))
        return short
    }
}

/// A message that was given up, and why.
public struct DeadLetter: Sendable {
    public var message: KafkaMessage
    /// Short stable name.
    public var reason: String
    public var detail: String
    public var attempts: Int

    public init(message: KafkaMessage, reason: String, detail: String, attempts: Int) {
        self.message = message
        self.reason = reason
        self.detail = detail
        self.attempts = attempts
    }
}
