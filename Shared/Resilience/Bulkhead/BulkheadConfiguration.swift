/// How many calls a ``Bulkhead`` lets run, and how many may wait how long. Checked when it is made.
public struct BulkheadConfiguration: Sendable, Hashable {
    public let maxConcurrent: Int
    /// 0: whoever finds no place is refused at once.
    public let maxWaiting: Int
    /// How long one may wait for a place; `nil` sets no bound, for callers that bring a ``Deadline``.
    public let maxWait: Duration?

    /// - Throws: ``ConfigurationFault`` for the first field that is out of its bounds.
    public init(
        maxConcurrent: Int = 32, maxWaiting: Int = 64, maxWait: Duration? = .milliseconds(250)
    ) throws(ConfigurationFault) {
        try ConfigurationFault.check((1...1_000_000).contains(maxConcurrent), "maxConcurrent", "must be at least 1")
        try ConfigurationFault.check((0...1_000_000).contains(maxWaiting), "maxWaiting", "must not be negative")
        try ConfigurationFault.check((maxWait ?? .zero) >= .zero, "maxWait", "must not be negative")
        self.maxConcurrent = maxConcurrent
        self.maxWaiting = maxWaiting
        self.maxWait = maxWait
    }
}
