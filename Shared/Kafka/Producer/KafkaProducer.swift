import Logging

/// Publishes records: idempotent, acknowledged by all in-sync replicas, without a time limit.
///
/// One thread of its own serves the delivery reports. A batch costs one continuation and no thread.
/// While no broker is there, records wait, in order, and are written when one is back.
public final class KafkaProducer: Sendable {
    private let core: ProducerCore

    /// Makes the client; the first connection is made in the background.
    ///
    /// - Throws: ``KafkaError`` `.configuration`.
    public init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        core = try ProducerCore(configuration, logger: logger)
        core.start()
    }

    deinit { core.requestClose(within: .zero) }

    /// Publishes records and returns when each is written or refused; the results stand in the records' order.
    ///
    /// Records of one partition stand in the log in the order of the list. A record that is too large fails alone.
    /// When librdkafka's queue is full the rest waits here, for as long as it takes.
    ///
    /// - Throws: `CancellationError` when the task is cancelled: records that librdkafka has already may still be
    ///   written, the others are not. ``KafkaError`` `.queueFull` when too many batches wait already, `.closed`,
    ///   `.purged`; then none or, after `.purged`, any of them may have been written.
    public func send(_ records: any KafkaRecordList) async throws -> [Result<Void, KafkaError>] {
        guard records.count > 0 else { return [] }
        try Task.checkCancellation()
        return try await begin(records).results()
    }

    /// Hands records over, in order behind those that were handed over before, and returns at once.
    ///
    /// For callers that keep several batches on their way; they bound how many.
    public func begin(_ records: any KafkaRecordList) -> KafkaSending {
        let batch = core.makeBatch(records)
        if records.count > DeliveryToken.maxRecords {
            batch.end(KafkaError(.queueFull))
        } else if records.count > 0 {
            core.submit(batch)
        }
        return KafkaSending(batch: batch, core: core)
    }

    /// Drops all that waits or is on its way: each `send` fails with `.purged`, and later ones start afresh.
    ///
    /// For the moment when the right to publish is lost. What is on its way may have been written. Makes a new client
    /// behind the scenes, so it also heals one that failed for good.
    public func purge() { core.purge() }

    /// Some broker has answered since the last time that all were away; information only.
    public var isConnected: Bool { core.isConnected }

    /// The error after which nothing is sent any more until ``purge()``.
    public var fatalError: KafkaError? { core.fatalError }

    /// Records that have not been reported yet.
    public var pendingRecords: Int { core.pendingRecords }

    /// One line for a health check; costs next to nothing.
    public var statusSummary: String {
        if let fatalError { return "failed: \(fatalError)" }
        return "\(isConnected ? "connected" : "no broker"), \(pendingRecords) records pending"
    }

    /// Refuses new records, waits up to `timeout` for those that it has, drops the rest and ends.
    public func close(timeout: Duration) async { await core.close(within: timeout) }
}
