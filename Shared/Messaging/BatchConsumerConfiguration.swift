import Resilience

/// Bounds of a ``BatchConsumer``.
public struct BatchConsumerConfiguration: Sendable {
    /// Most messages in one transaction.
    public var maxMessages: Int
    /// Most bytes in one transaction; a single larger message still comes through.
    public var maxBytes: Int
    /// How long a poll waits for a first message, and so how soon a stop is noticed.
    public var pollTimeout: Duration
    /// How often a failure is tried that a retry may mend; a store that is away does not count.
    public var maxAttempts: Int
    public var backoff: Backoff

    public init(
        maxMessages: Int = 500,
        maxBytes: Int = 4 << 20,
        pollTimeout: Duration = .milliseconds(200),
        maxAttempts: Int = 5,
        backoff: Backoff = Backoff(base: .milliseconds(50), limit: .seconds(2))
    ) {
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.pollTimeout = pollTimeout
        self.maxAttempts = maxAttempts
        self.backoff = backoff
    }
}
