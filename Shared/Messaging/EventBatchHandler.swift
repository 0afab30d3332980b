import Contracts

/// What a service does with the events it consumes.
public protocol EventBatchHandler: Sendable {
    /// Whether events of this type concern the service; all others are skipped and counted.
    func handles(topic: String, type: String) -> Bool

    /// Applies all of the events or none, in one transaction that also remembers their ids in the inbox.
    ///
    /// Events of one partition stand in the order of the log. What is thrown decides what follows: an error of kind
    /// ``FailureKind/unavailable`` repeats the batch without limit, ``FailureKind/transient`` some times, and
    /// ``FailureKind/permanent`` halves it until the culprit is alone, which then becomes a dead letter.
    func apply(_ events: [EventEnvelope]) async throws -> AppliedBatch
}

/// How many events of a batch were new.
public struct AppliedBatch: Sendable, Hashable {
    public var applied: Int
    public var duplicates: Int

    public init(applied: Int, duplicates: Int) {
        self.applied = applied
        self.duplicates = duplicates
    }
}
