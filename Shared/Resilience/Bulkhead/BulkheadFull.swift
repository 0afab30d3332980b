/// A ``Bulkhead`` had no place for the call; it never began.
public struct BulkheadFull: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        /// As many wait as may.
        case queueFull
        /// No place came free in time.
        case waitedTooLong
    }

    /// The bulkhead's name.
    public let bulkhead: String
    public let cause: Cause

    public init(bulkhead: String, cause: Cause) {
        self.bulkhead = bulkhead
        self.cause = cause
    }

    public var description: String { "the bulkhead \(bulkhead) has no place (\(cause.rawValue))" }
}

extension BulkheadFull: FailureClassifying {
    public var failureKind: FailureKind { .unavailable }
    public var reason: String { "bulkhead-full" }
}
