import Contracts
import Kafka
import Logging
import Metrics
import Resilience
import ServiceLifecycle

/// Reads events in batches, hands each batch to a handler, and commits its offsets once it has taken effect.
///
/// - A message that cannot be decoded, or that still fails after its retries, becomes a dead letter, and the partition
///   moves on.
/// - While the handler's store is away the consumer keeps its place in the group, takes nothing in, and tries again.
/// - When it is told to stop it finishes the batch in hand, commits, and leaves the group.
public struct BatchConsumer: Service, CustomStringConvertible {
    private let consumer: KafkaConsumer
    private let handler: any EventBatchHandler
    private let deadLetters: DeadLetterQueue
    private let configuration: BatchConsumerConfiguration
    private let logger: Logger

    public init(
        consumer: KafkaConsumer,
        handler: any EventBatchHandler,
        deadLetters: DeadLetterQueue,
        configuration: BatchConsumerConfiguration = BatchConsumerConfiguration(),
        logger: Logger
    ) {
        self.consumer = consumer
        self.handler = handler
        self.deadLetters = deadLetters
        self.configuration = configuration
        self.logger = logger
    }

    public var description: String { "BatchConsumer" }

    public func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            try await consumeUntilStopped()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await consumer.close()
        if case .failure(let error) = outcome, !(error is StoppedWhileWaiting), !(error is CancellationError) {
            throw error
        }
    }

    private func consumeUntilStopped() async throws {
        var held: [KafkaMessage] = []
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let messages: [KafkaMessage]
            if held.isEmpty {
                messages = try await poll(atMost: configuration.pollTimeout)
            } else {
                messages = held
                held = []
            }
            guard !messages.isEmpty else { continue }
            try await process(messages, held: &held)
            consumer.commit(messages)
        }
    }

    private func process(_ messages: [KafkaMessage], held: inout [KafkaMessage]) async throws {
        var events: [(EventEnvelope, KafkaMessage)] = []
        var letters: [DeadLetter] = []
        var skipped = 0
        for message in messages {
            do {
                let event = try EventCodec.envelope(message)
                if handler.handles(topic: event.topic, type: event.type) {
                    events.append((event, message))
                } else {
                    skipped += 1
                }
            } catch {
                letters.append(
                    DeadLetter(message: message, reason: error.reason, detail: error.detail, attempts: 1))
            }
        }
        if skipped > 0 { Counter(label: "events_skipped_total").increment(by: skipped) }
        try await apply(events[...], held: &held)
        try await setAside(letters, held: &held)
    }

    /// Applies the events in one piece if possible, else in halves, in their order.
    private func apply(_ events: ArraySlice<(EventEnvelope, KafkaMessage)>, held: inout [KafkaMessage]) async throws {
        guard let first = events.first else { return }
        switch try await attempt(events.map(\.0), held: &held) {
        case nil:
            record(events)
        case let failure? where events.count == 1:
            try await setAside(
                [
                    DeadLetter(
                        message: first.1, reason: failure.reason, detail: failure.detail, attempts: failure.attempts)
                ], held: &held)
        case .some:
            let middle = events.startIndex + events.count / 2
            try await apply(events[..<middle], held: &held)
            try await apply(events[middle...], held: &held)
        }
    }

    /// Waits for the broker as long as it takes, but not longer than the service lives: the offset is not committed yet,
    /// so the message comes again. A long wait, as for a topic that is missing, does not cost the place in the group.
    private func setAside(_ letters: [DeadLetter], held: inout [KafkaMessage]) async throws {
        guard !letters.isEmpty else { return }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [deadLetters] in
                try await cancelWhenGracefulShutdown { try await deadLetters.publish(letters) }
                return true
            }
            var isPaused = false
            defer { if isPaused { consumer.resumeAll() } }
            while true {
                group.addTask { [configuration] in
                    try await Task.sleep(for: configuration.pollTimeout)
                    return false
                }
                if try await group.next() == true { break }
                if !isPaused { consumer.pauseAll() }
                isPaused = true
                held += try await poll(atMost: .zero)
            }
            group.cancelAll()
        }
    }

    private func poll(atMost time: Duration) async throws -> [KafkaMessage] {
        try await consumer.poll(
            maxMessages: configuration.maxMessages, maxBytes: configuration.maxBytes,
            timeout: min(time, configuration.pollTimeout))
    }

    private struct GivenUp {
        var reason: String
        var detail: String
        var attempts: Int
    }

    private func attempt(_ events: [EventEnvelope], held: inout [KafkaMessage]) async throws -> GivenUp? {
        var attempts = 0
        var waits = 0
        defer { if waits > 0 { consumer.resumeAll() } }
        while true {
            do {
                let batch = try await handler.apply(events)
                if batch.duplicates > 0 {
                    Counter(label: "inbox_duplicates_total").increment(by: batch.duplicates)
                }
                return nil
            } catch {
                let kind = (error as? any FailureClassifying)?.failureKind ?? .transient
                let reason = (error as? any FailureClassifying)?.reason ?? "unexpected-error"
                if kind != .unavailable { attempts += 1 }
                if kind == .permanent || attempts >= configuration.maxAttempts {
                    return GivenUp(reason: reason, detail: "\(error)", attempts: attempts)
                }
                waits += 1
                if waits == 1 { consumer.pauseAll() }
                if kind == .unavailable, waits == 1 || waits.isMultiple(of: 20) {
                    logger.warning(
                        "The store does not take events; consuming waits for it", metadata: ["error": "\(error)"])
                }
                try await wait(configuration.backoff.pause(afterAttempt: waits), held: &held)
            }
        }
    }

    /// Waits while it keeps the consumer's place in its group.
    private func wait(_ pause: Duration, held: inout [KafkaMessage]) async throws {
        let deadline = ContinuousClock.now + pause
        while true {
            if Task.isShuttingDownGracefully || Task.isCancelled { throw StoppedWhileWaiting() }
            let left = deadline - .now
            guard left > .zero else { return }
            held += try await poll(atMost: left)
        }
    }

    private func record(_ events: ArraySlice<(EventEnvelope, KafkaMessage)>) {
        let now = Timestamp.now.milliseconds
        var counts: [String: [Int64]] = [:]
        for (event, _) in events { counts[event.type, default: []].append(now - event.time.milliseconds) }
        for (type, ages) in counts {
            Counter(label: "events_consumed_total", dimensions: [("type", type)]).increment(by: ages.count)
            let timer = Timer(label: "event_latency_seconds", dimensions: [("type", type)])
            for age in ages { timer.recordMilliseconds(max(age, 0)) }
        }
    }
}

/// Thrown through the retry loop when the service is told to stop while its store is away.
private struct StoppedWhileWaiting: Error {}
