/// A ``Bulkhead`` at one moment.
public struct BulkheadSnapshot: Sendable, Hashable {
    public let running: Int
    public let waiting: Int
    /// Calls since the bulkhead was made that were refused because as many waited as may.
    public let queueFull: Int
    /// Calls since the bulkhead was made that waited for nothing.
    public let waitedTooLong: Int
}
